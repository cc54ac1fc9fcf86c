// The server stops answering in the middle of everything: what each command does then, and what is left afterwards. A
// second server, which has nothing to do with it, is used before and meanwhile.

import { equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { allOf } from '../guest/all-of.ts';
import type { Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { otherAddress, serverAddress } from '../guest/nfs-server.ts';
import { timed } from '../guest/results.ts';
import { containersFail, duringOutage, LONGEST, onAll, shares } from './outage-during.ts';
import { growing, isOkAgain, note, within } from './outage-watch.ts';

const others = [
  { label: 'stays3', type: 'nfs3' },
  { label: 'stays42', type: 'nfs4' },
] as const;
const OTHER_DISK = '/srv2';

/** A number a second: closing the file puts each on the server's disk before the next one. */
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sleep 1; done';
/** The slowest call to the other server, in seconds. */
let before = 0;

export const outage: Suite = {
  name: 'outage',
  hosts: ['a'],
  otherServer: true,
  remoteDirs: {
    ...dirsOf(shares, serverAddress, '/srv'),
    ...dirsOf(others, otherAddress, OTHER_DISK),
  },
  prepare: async ({ server, other }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
    for (const { label } of others) await other.export(`${OTHER_DISK}/${label}`);
  },
  cases: [
    {
      title: 'containers write to volumes on both servers',
      seconds: 120,
      work: async ({ a }) => {
        await Promise.all([...shares, ...others].map(({ label }) => startWriting(a, label)));
        for (const { label } of others) await growing(label, 30_000, OTHER_DISK);
      },
    },
    {
      title: 'before the outage the other server is used: create, run, remove',
      seconds: 150,
      work: async ({ a }) => {
        before = await useOthers(a, 'before', 2 * LONGEST);
      },
    },
    {
      title: 'the server vanishes: its volumes are still listed, soon',
      seconds: 60,
      work: async ({ a, server }) => {
        await server.vanish();
        const volumes = await within(5, 'docker volume ls', () => a.engine.volumes());

        for (const { label } of shares)
          for (const name of ['data', 'idle']) equal(volumes.includes(`${name}@${label}`), true, volumes.join());
      },
    },
    ...duringOutage(),
    {
      title:
        "a container that needs it fails in words, within Docker's patience; meanwhile the other server is used as ever",
      seconds: 150,
      work: async ({ a }) => {
        // The times are for reading: a machine with other work makes them twice as long, outage or not.
        await allOf([containersFail(a), useOthers(a, 'meanwhile', before + LONGEST)]);
        for (const { label } of others) await growing(label, 30_000, OTHER_DISK);
      },
    },
    {
      title: 'the server is back: everything answers as before, by itself',
      seconds: 150,
      work: async ({ a, server }) => {
        await server.comeBack();
        await onAll(({ label, backWithin }) =>
          within(backWithin, `from the end of the outage until inspect says ok (${label})`, () => isOkAgain(a, label)),
        );
        await onAll(({ label }) => a.engine.run({ volumes: [`idle@${label}:/x`] }, 'echo 1 >/x/f'));
      },
    },
    {
      title: 'the containers that were writing go on without a restart, and no line is missing',
      seconds: 180,
      work: async ({ a }) => {
        for (const { label } of shares) {
          const { seconds } = await timed(() => growing(label, 100_000));
          note(`${label}: from then on until the container writes again`, seconds);
          const lines = readFileSync(`/srv/${label}/data/count`, 'utf8').trim().split('\n');
          equal(lines.join(), lines.map((_, at) => at + 1).join());
          equal(await a.engine.isRunning(`on-${label}`), true);
        }
      },
    },
    {
      title: 'nothing of ours stays stuck, and the volumes can be removed',
      seconds: 120,
      work: async ({ a }) => {
        await Promise.all(
          [...shares, ...others].map(async ({ label }) => {
            await a.engine.removeContainer(`on-${label}`);
            for (const name of ['data', 'idle']) await a.engine.remove(`${name}@${label}`);
          }),
        );
        const states = await a.inside('ps', '-eo', 'stat=,args=');
        equal(
          states
            .split('\n')
            .filter(line => line.startsWith('D') && line.includes('nfs-shared'))
            .join('\n'),
          '',
        );
      },
    },
  ],
};

function dirsOf(
  all: readonly { readonly label: string; readonly type: string }[],
  addr: string,
  disk: string,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(all.map(({ label, type }) => [label, { type, addr, path: `${disk}/${label}` }]));
}

async function startWriting(a: DockerHost, label: string): Promise<void> {
  await a.engine.create(`data@${label}`);
  await a.engine.keep({ volumes: [`data@${label}:/x`], name: `on-${label}` }, 'sh', '-c', COUNT);
  await a.engine.create(`idle@${label}`);
}

/** Returns how long the slowest of it took, in seconds. */
async function useOthers(a: DockerHost, when: string, most: number): Promise<number> {
  const seconds = others.map(async ({ label }) => {
    const volume = `new@${label}`;
    const steps = {
      'docker volume create': () => a.engine.create(volume),
      'docker run': () => a.engine.run({ volumes: [`${volume}:/x`] }, 'echo 1 >/x/f'),
      'docker volume rm': () => a.engine.remove(volume),
    };
    let slowest = 0;
    for (const [call, step] of Object.entries(steps)) {
      const { seconds } = await timed(() =>
        within<unknown>(most, `${when}: ${call} (${label}, the other server)`, step),
      );
      slowest = Math.max(slowest, seconds);
    }
    return slowest;
  });
  return Math.max(...(await Promise.all(seconds)));
}
