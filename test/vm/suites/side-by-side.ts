// One outage, seen by everybody who can make NFS volumes for Docker at the same moment: what each command does then, how
// long it takes, and what is left when the outage is over. This plugin is held to its promises, the others are measured.

import { equal, match, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { Stage } from '../guest/stage.ts';
import { askAll, judge } from './side-by-side/ask.ts';
import { cleanUp } from './side-by-side/clean-up.ts';
import {
  type Contestant,
  contestantsOf,
  makeFolders,
  makeVolume,
  prepared,
  remoteDirsOf,
} from './side-by-side/contestants.ts';
import type { Fault } from './side-by-side/fault.ts';
import { STALLED, watchLatency } from './side-by-side/latency.ts';
import { checkWriter, sizeOf, watchRecovery } from './side-by-side/recovery.ts';

export function sideBySide(name: string, faults: readonly Fault[]): Suite {
  return {
    name,
    hosts: ['a', 'b'],
    withoutPlugin: ['b'],
    remoteDirs: Object.assign({}, ...faults.map(({ key }) => remoteDirsOf(key))) as Record<string, unknown>,
    prepare: async stage => {
      for (const { key, prepare } of faults) {
        const all = contestantsOf(key);
        await prepare(stage, all);
        all.forEach(makeFolders);
      }
    },
    cases: faults.flatMap(casesOf),
  };
}

/** Closing the file puts each number on the server's disk before the next one. */
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sleep 1; done';

function casesOf(fault: Fault): Case[] {
  const all = contestantsOf(fault.key);
  const ours = all.filter(contestant => contestant.ours);
  const { meanwhile, expected } = fault;
  return [
    {
      title: `${fault.name}: before that, containers write to volumes of every kind`,
      seconds: 300,
      work: async stage => {
        await Promise.all(all.map(contestant => setUp(stage, contestant)));
      },
    },
    {
      title: `${fault.name}: every command answers in time and in words`,
      seconds: fault.seconds + 350,
      work: async stage => {
        await fault.begin(stage, all);
        const started = performance.now();
        const quiet = await watchLatency(stage.a, `${fault.name}, nobody asks anything`);
        await sleep(Math.max(0, fault.seconds * 1000 - (performance.now() - started)));
        const [asked, busy] = await Promise.all([
          askAll(stage, fault, all),
          watchLatency(stage.a, `${fault.name}, everything is asked at once`),
        ]);
        judge(asked, fault);
        ok(Math.max(quiet, busy) < STALLED, `the plugin did not answer anybody for ${Math.max(quiet, busy)} ms`);
      },
    },
    {
      title: `${fault.name}: inspect says so`,
      seconds: 90,
      work: async ({ a }) => {
        for (const { volume } of ours) await seenAs(() => a.engine.inspect(volume('data')), expected);
      },
    },
    ...(meanwhile === undefined
      ? []
      : [
          {
            title: `${fault.name}: ${meanwhile.title}`,
            seconds: meanwhile.seconds,
            work: (stage: Stage) => meanwhile.work(stage, ours),
          },
        ]),
    {
      title: `${fault.name}: it is over, and everything works again by itself`,
      seconds: 400,
      work: async stage => {
        await fault.end(stage, all);
        await watchRecovery(stage, fault, all);
      },
    },
    {
      title: `${fault.name}: afterwards the container that was writing ${expected.writer}`,
      seconds: 60,
      work: async stage => {
        for (const contestant of ours) await checkWriter(stage, fault, contestant);
      },
    },
    {
      title: `${fault.name}: afterwards all containers and volumes can be removed`,
      seconds: 240,
      work: stage => cleanUp(stage, fault, all),
    },
  ];
}

async function setUp(stage: Stage, contestant: Contestant): Promise<void> {
  const { engine } = contestant.host(stage);
  const { volume, writer, idler, pluginDriver: driver } = contestant;
  for (const part of prepared) await makeVolume(stage, contestant, part);
  await engine.keep({ volumes: [`${volume('data')}:/x`], name: writer, driver }, 'sh', '-c', COUNT);
  await engine.keep({ volumes: [`${volume('data2')}:/x`], name: idler, driver });
  await until(`${writer} writes`, 60_000, () => (sizeOf(contestant) > 0 ? true : undefined));
}

async function seenAs(
  look: () => Promise<{ Status?: Readonly<Record<string, unknown>> }>,
  { state, says }: Fault['expected'],
): Promise<void> {
  // What a server's first signs of life look like may be seen before what it is.
  await until(`the state is ${state}`, 40_000, async () => {
    if ((await look()).Status?.['state'] === state) return true;
    await sleep(1000);
    return undefined;
  }).catch(() => undefined);
  const { Status } = await look();
  equal(Status?.['state'], state, String(Status?.['problem']));
  if (state !== 'ok') match(String(Status?.['problem']), says);
}
