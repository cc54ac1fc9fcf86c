// Every command a user may try in an outage, of everybody at the same moment: how long it takes and what it says.

import { equal } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, measure } from '../../guest/results.ts';
import type { Stage } from '../../guest/stage.ts';
import { type Call, calls, type Question } from './calls.ts';
import type { Contestant } from './contestants.ts';
import type { Expected, Fault } from './fault.ts';

/** No call of the plugin's takes longer than 25 s; the rest is Docker's own work on emulated processors that all others use. */
const LONGEST = 25 + 15;
const soon: Partial<Record<Call, number>> = { 'docker volume ls': 5, 'docker volume inspect': 5 };
const LIMIT = 60;
/** Containers that do start keep the processors busy: that they work is expected, and nothing of their time. */
const LIMIT_TO_START = 150;

export interface Asked extends Measurement {
  readonly call: Call;
  readonly ours: boolean;
}

export async function askAll(stage: Stage, fault: Fault, all: readonly Contestant[]): Promise<Asked[]> {
  return (await Promise.all(all.map(contestant => askOne(stage, fault, contestant)))).flat();
}

function askOne(stage: Stage, { name, expected }: Fault, contestant: Contestant): Promise<Asked[]> {
  const { driver, ours, host } = contestant;
  const ask = async (call: Call, after: number): Promise<Asked> => {
    await sleep(after * 1000);
    const question: Question = calls[call];
    const limit = starts(call, expected) ? LIMIT_TO_START : LIMIT;
    const work = () => question(host(stage).engine, contestant);
    return { ...(await measure({ fault: name, driver, call }, limit, work)), call, ours };
  };
  const inUse = ask('docker run, volume in use', 6);
  const oneByOne = starts('docker run, volume in use', expected);
  return Promise.all([
    ask('docker volume ls', 0),
    ask('docker volume inspect', 0),
    ask('docker ps', 0),
    // Docker's list waits for a volume that is being made or removed, whoever makes it.
    ask('docker volume create', 3),
    ask('docker volume rm', 3),
    ask('docker stop', 4),
    inUse,
    oneByOne ? inUse.then(() => ask('docker run, volume not in use', 0)) : ask('docker run, volume not in use', 6),
  ]);
}

/** Of the built-in driver nothing is expected; it is only measured. */
export function judge(asked: readonly Asked[], { expected }: Fault): void {
  const wrong = asked
    .filter(({ ours }) => ours)
    .flatMap(({ driver, call, seconds, outcome }) => {
      const refused = expected.refused.includes(call);
      const longest = starts(call, expected) ? LIMIT_TO_START : (soon[call] ?? LONGEST);
      const problems = [
        ...(seconds > longest ? [`took ${seconds} s, at most ${longest} s were expected`] : []),
        ...(outcome === undefined ? ['had no end'] : []),
        ...(outcome === 'ok' && refused ? ['worked, and should have been refused'] : []),
        ...(outcome !== undefined && outcome !== 'ok' && !refused ? [`failed: ${outcome}`] : []),
        ...(outcome !== undefined && outcome !== 'ok' ? wrongWords(outcome, expected.says) : []),
      ];
      return problems.map(problem => `${driver}: ${call} ${problem}`);
    });
  equal(wrong.join('\n'), '');
}

function starts(call: Call, { refused }: Expected): boolean {
  return call.startsWith('docker run') && !refused.includes(call);
}

function wrongWords(message: string, says: RegExp): string[] {
  const bad = /exit status|exit code|Client\.Timeout|undefined/i.test(message);
  return bad || !says.test(message) ? [`said: ${message}`] : [];
}
