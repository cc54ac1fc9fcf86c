// The plugin crashes in the middle of what it was told to do, at moments that are the same in every run.

import { equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { killPlugin } from '../guest/kill-plugin.ts';
import { write } from '../guest/results.ts';
import { fileOf, inTrash, isReleased, isWhole, onlyOurs, recordState, shares } from './crash-watch.ts';

const ROUNDS = 3;
/** Starts of containers take long on an emulated processor. */
const MOUNT_ROUNDS = 2;
const EACH = 8;
const OWNER = { uid: '1000', gid: '1001', mode: '0750' };
const ownerSeen = '1000:1001 750';

const labels = shares.map(({ label }) => label);
const volumesOf = (round: number, label: string) => Array.from({ length: EACH }, (_, at) => `r${round}-${at}@${label}`);
const all = (round: number) => labels.flatMap(label => volumesOf(round, label));
const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

export const killedMidway: readonly Case[] = [
  {
    title: 'killed in the middle of creates: what Docker reported is there, and what it did not can be created',
    seconds: 400,
    work: async ({ a }) => {
      for (const round of rounds) {
        const outcomes = await killedDuring(a, 100 + pseudoRandom(round) * 1000, label =>
          oneByOne(volumesOf(round, label), volume => a.engine.create(volume, OWNER)),
        );
        noteFailed(`creates, round ${round}`, outcomes);
        for (const [volume, outcome] of outcomes) {
          if (outcome !== DONE) {
            ok([undefined, 'creating', 'ready'].includes(recordState(volume)), `${volume} is ${recordState(volume)}`);
            await a.engine.create(volume, OWNER);
          }
          await isWhole(a, volume, ownerSeen);
        }
      }
      await onlyOurs(a, rounds.flatMap(all));
    },
  },
  {
    title: 'killed in the middle of mounts: containers start or fail in words, and start at the next try',
    seconds: 400,
    work: async ({ a }) => {
      for (const round of rounds.slice(0, MOUNT_ROUNDS)) {
        const start = (volume: string) =>
          a.engine.run({ volumes: [`${volume}:/x`] }, 'echo $((1+$(cat /x/runs 2>/dev/null || echo 0))) >/x/runs');
        const outcomes = await killedDuring(a, 100 + pseudoRandom(10 + round) * 2500, label =>
          oneByOne(volumesOf(round, label).slice(0, 3), start),
        );
        noteFailed(`starts, round ${round}`, outcomes);
        for (const [volume, outcome] of outcomes) {
          const runs = existsSync(fileOf(volume, 'runs')) ? readFileSync(fileOf(volume, 'runs'), 'utf8').trim() : '0';
          equal(runs === '1' || (runs === '0' && outcome !== DONE), true, `${volume} was written to ${runs} times`);
          await start(volume);
        }
      }
      for (const label of labels) await isReleased(a, label);
    },
  },
  {
    title: 'killed in the middle of removes: what Docker reported is gone, and what it did not can be removed',
    seconds: 400,
    work: async ({ a }) => {
      for (const volume of rounds.flatMap(all)) writeFileSync(fileOf(volume, 'kept'), volume);
      for (const round of rounds) {
        const outcomes = await killedDuring(a, 50 + pseudoRandom(20 + round) * 700, label =>
          oneByOne(volumesOf(round, label), volume => a.engine.remove(volume)),
        );
        noteFailed(`removes, round ${round}`, outcomes);
        for (const [volume, outcome] of outcomes) {
          if (outcome !== DONE) {
            const again = await outcomeOf(() => a.engine.remove(volume));
            if (again !== DONE) match(again, /no such volume/i);
          }
          isGone(volume);
        }
      }
      const left = (await a.engine.volumes()).filter(name => rounds.flatMap(all).includes(name));
      equal(left.join(), '');
    },
  },
];

type Outcomes = ReadonlyMap<string, string>;
const DONE = 'done';

/** Kills the plugin after a while of work on both shares; what is still going on then goes on. */
async function killedDuring(
  host: DockerHost,
  milliseconds: number,
  work: (label: string) => Promise<Outcomes>,
): Promise<Outcomes> {
  let over = false;
  const working = Promise.all(labels.map(work)).finally(() => {
    over = true;
  });
  await sleep(milliseconds);
  equal(over, false, `all was over within ${Math.round(milliseconds)} ms, before the plugin was killed`);
  const isBack = killPlugin(host);
  const outcomes = await working;
  await isBack();
  return new Map(outcomes.flatMap(each => [...each]));
}

async function oneByOne(volumes: readonly string[], act: (volume: string) => Promise<unknown>): Promise<Outcomes> {
  const outcomes = new Map<string, string>();
  for (const volume of volumes) outcomes.set(volume, await outcomeOf(() => act(volume)));
  return outcomes;
}

async function outcomeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return DONE;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** In trash exactly once, with what was in it. */
function isGone(volume: string): void {
  equal(existsSync(fileOf(volume)), false, volume);
  equal(recordState(volume), undefined, volume);
  const [folder, ...more] = inTrash(volume);
  equal(more.length, 0, `${volume} is in trash more than once`);
  equal(readFileSync(`${folder}/kept`, 'utf8'), volume);
}

function noteFailed(what: string, outcomes: Outcomes): void {
  const failed = [...outcomes].filter(([, outcome]) => outcome !== DONE);
  const states = failed.map(([volume, outcome]) => `${volume} (${recordState(volume) ?? 'no record'}): ${outcome}`);
  write({ kind: 'note', text: `${what}: ${failed.length} of ${outcomes.size} failed ${states.join('; ')}` });
}

/** 0 to 1; the same number for the same seed, and far from that of the next one. */
function pseudoRandom(seed: number): number {
  const value = Math.sin(seed * 12.9898 + 78.233) * 43_758.5453;
  return value - Math.floor(value);
}
