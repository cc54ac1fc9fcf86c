// Two hosts use the same volumes at once while one thing after the other breaks. What was answered is remembered, and held
// against what is there afterwards. The same seed gives the same users and the same faults; the moments at which their
// calls meet are the machine's.

import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseMountTable } from '../../../../src/mounts/mount-table.ts';
import { allOf } from '../../guest/all-of.ts';
import type { Case, Suite } from '../../guest/cases.ts';
import { serverAddress } from '../../guest/nfs-server.ts';
import { write } from '../../guest/results.ts';
import { stuckProcesses } from '../../guest/stuck-processes.ts';
import { tellCounts } from './counts.ts';
import { begunOn, leftOn, litterOn, wrongFiles } from './disk.ts';
import { breakThings, type FaultCounts } from './faults.ts';
import { mayBeHalfDone, removedInUse } from './journal.ts';
import { Random } from './random.ts';
import { settle } from './settle.ts';
import { tidyUp } from './tidy.ts';
import { isOneTruth } from './truth.ts';
import { User } from './user.ts';
import { World } from './world.ts';

export interface Chaos {
  readonly name: string;
  /** Begins the names of its labels and containers. */
  readonly key: string;
  readonly seed: number;
  /** It goes on until so many containers were started, and all faults are over. */
  readonly starts: number;
  readonly faults: FaultCounts;
  readonly versions: readonly ('3' | '4.1' | '4.2')[];
  /** Names of the volumes on each share: the fewer, the more often the users meet. */
  readonly names: readonly string[];
  readonly usersPerHost: number;
  /** For all of that. */
  readonly seconds: number;
}

const settings = {
  '3': { type: 'nfs3', args: [] },
  '4.1': { type: 'nfs4', args: ['vers=4.1'] },
  '4.2': { type: 'nfs4', args: [] },
} as const;

export function chaosSuite(chaos: Chaos): Suite {
  const labelOf = (version: string) => `${chaos.key}${version.replace('.', '')}`;
  const labels = chaos.versions.map(labelOf);
  return {
    name: chaos.name,
    hosts: ['a', 'b'],
    remoteDirs: Object.fromEntries(
      chaos.versions.map(version => [
        labelOf(version),
        { ...settings[version], addr: serverAddress, path: `/srv/${labelOf(version)}` },
      ]),
    ),
    prepare: async ({ server }) => {
      for (const label of labels) await server.export(`/srv/${label}`);
    },
    cases: casesOf(chaos, labels),
  };
}

function casesOf(chaos: Chaos, labels: readonly string[]): Case[] {
  let met: World | undefined;
  const after = (title: string, seconds: number, look: (world: World) => Promise<void> | void): Case => ({
    title,
    seconds,
    work: async () => {
      if (met === undefined) throw new Error('there was nothing before that could be looked at');
      await look(met);
    },
  });
  return [
    {
      title: 'users on two hosts go on with the same volumes while one thing after the other breaks',
      seconds: chaos.seconds + 200,
      work: async stage => {
        const seed = seedOf(chaos);
        write({ kind: 'note', text: `seed ${seed} (--seed=${seed})` });
        met = new World(chaos.key, stage, labels, chaos.names);
        await goWild(met, chaos, new Random(seed));
        tellCounts(met, chaos.name);
        ok(met.starts >= chaos.starts, `${met.starts} containers were started, ${chaos.starts} were to be`);
      },
    },
    after('every container that was started has done its work', 10, ({ failed }) => {
      equal(failed.join('\n'), '');
    }),
    after('whatever was refused was refused in words that say what is so', 10, ({ strange }) => {
      equal(strange.join('\n'), '');
    }),
    after('no volume was removed while a container had it', 10, ({ calls, held }) => {
      equal(removedInUse(calls, held).join('\n'), '');
    }),
    after('when all is well again every share is usable on both hosts, and what nobody uses is let go', 500, settle),
    after('every file that was synced is there once, in its volume or in trash, as it was written', 30, world => {
      equal(wrongFiles(world.labels, world.written).join('\n'), '');
    }),
    after('what was created is there and what was removed is gone, on both hosts and on the share', 60, isOneTruth),
    after('nothing was left half done but by what was cut short', 10, isHalfDoneOnlyByFaults),
    after('what was cut short is ended by who tries again, and nothing of it is left', 400, isAllGone),
    after('no mount is left, and no process is stuck', 90, nothingIsLeftOnHosts),
  ];
}

function seedOf({ seed }: Chaos): number {
  return (JSON.parse(readFileSync('/vm/orders.json', 'utf8')) as { seed?: number }).seed ?? seed;
}

async function goWild(world: World, { usersPerHost, faults, starts, seconds }: Chaos, random: Random): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const users = world.hosts.flatMap((host, at) =>
    Array.from(
      { length: usersPerHost },
      (_, user) => new User(world, host, random.branch(1 + at * usersPerHost + user)),
    ),
  );
  const working = allOf(users.map(user => user.work()));
  working.catch(() => {});
  try {
    await breakThings(world, faults, random.branch(0));
    while (world.starts < starts && performance.now() < end) await sleep(500);
  } finally {
    world.isOver = true;
    await working;
  }
}

function isHalfDoneOnlyByFaults(world: World): void {
  const begun = world.labels.flatMap(begunOn);
  const parts = begun.map(({ volume, sign }) => `${volume} ${sign.split('.')[0]}`);
  write({ kind: 'note', text: `half done: ${parts.join(', ') || 'nothing'}` });
  const unexplained = begun.filter(({ volume }) => !mayBeHalfDone(world.calls, volume));
  equal(unexplained.map(({ volume, sign }) => `${volume} ${sign}`).join('\n'), '');
}

async function isAllGone(world: World): Promise<void> {
  await tidyUp(world);
  write({ kind: 'note', text: `litter: ${world.labels.flatMap(litterOn).join(', ') || 'none'}` });
  equal(world.labels.flatMap(leftOn).join('\n'), '');
  equal(wrongFiles(world.labels, world.written).join('\n'), '');
}

async function nothingIsLeftOnHosts(world: World): Promise<void> {
  for (const host of world.hosts) {
    const all = parseMountTable(host.pluginMountTable());
    const left = all.filter(({ source }) => world.labels.some(label => source.endsWith(`:/srv/${label}`)));
    const outside = left.filter(({ mountPoint }) => !mountPoint.startsWith('/run/nfs-shared/control/'));
    equal(outside.map(({ mountPoint }) => mountPoint).join('\n'), '', `mounts of the plugin on host ${host.name}`);
    const control = left.map(({ mountPoint }) => mountPoint);
    equal(new Set(control).size, control.length, `control mounts lie on each other: ${control.join(', ')}`);
    const table = parseMountTable(await host.inside('cat', '/proc/self/mountinfo'));
    const seen = table.filter(({ source }) => world.labels.some(label => source.includes(`:/srv/${label}`)));
    equal(seen.map(({ mountPoint }) => mountPoint).join('\n'), '', `mounts on host ${host.name}`);
  }
  const first = new Set(stuckProcesses());
  if (first.size > 0) await sleep(20_000);
  equal(
    stuckProcesses()
      .filter(each => first.has(each))
      .join('\n'),
    '',
  );
}
