// The server stops answering in the middle of everything: what each command does then, and what is left afterwards.

import { equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { otherAddress, serverAddress } from '../guest/nfs-server.ts';
import { timed } from '../guest/results.ts';
import { growing, isOkAgain, note, within } from './outage-watch.ts';

const shares = [
  // After a minute of silence the kernel of the client tries version 3 only every so often; nobody can hurry it.
  { label: 'lost3', type: 'nfs3', backWithin: 90 },
  { label: 'lost42', type: 'nfs4', backWithin: 30 },
] as const;

/** A number a second, each on the disk before the next one. */
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sync; sleep 1; done';
/** No call of the plugin's takes longer; the rest is Docker's own work on an emulated processor. */
const LONGEST = 25 + 8;

export const outage: Suite = {
  name: 'outage',
  hosts: ['a'],
  remoteDirs: {
    ...Object.fromEntries(
      shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
    ),
    // Version 3: to a client of version 4, two addresses of one server are one server, and one connection.
    stays: { type: 'nfs3', addr: otherAddress, path: '/srv/stays' },
  },
  prepare: async ({ server }) => {
    for (const label of [...shares.map(share => share.label), 'stays']) await server.export(`/srv/${label}`);
  },
  cases: [
    {
      title: 'containers write to volumes on both servers',
      seconds: 120,
      work: async ({ a }) => {
        for (const label of [...shares.map(share => share.label), 'stays']) {
          await a.engine.create(`data@${label}`);
          await a.engine.keep({ volumes: [`data@${label}:/x`], name: `on-${label}` }, 'sh', '-c', COUNT);
          await a.engine.create(`idle@${label}`);
        }
        await growing('stays');
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
    ...shares.flatMap(({ label }) => duringOutage(label)),
    {
      title: 'meanwhile the other server is used as ever: create, run, remove',
      seconds: 90,
      work: async ({ a }) => {
        await within(4, 'docker volume create (other server)', () => a.engine.create('new@stays'));
        await within(12, 'docker run (other server)', () =>
          a.engine.run({ volumes: ['new@stays:/x'] }, 'echo 1 >/x/f'),
        );
        await within(4, 'docker volume rm (other server)', () => a.engine.remove('new@stays'));
        await growing('stays');
      },
    },
    {
      title: 'the server is back: everything answers as before, by itself',
      seconds: 150,
      work: async ({ a, server }) => {
        await server.comeBack();
        await Promise.all(
          shares.map(({ label, backWithin }) =>
            within(backWithin, `from the end of the outage until inspect says ok (${label})`, () =>
              isOkAgain(a, label),
            ),
          ),
        );
        for (const { label } of shares) await a.engine.run({ volumes: [`idle@${label}:/x`] }, 'echo 1 >/x/f');
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
        for (const { label } of shares) {
          await a.engine.removeContainer(`on-${label}`);
          for (const name of ['data', 'idle']) await a.engine.remove(`${name}@${label}`);
        }
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

function duringOutage(label: string): Case[] {
  return [
    {
      title: `the server is gone: inspect answers soon and says so (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        const { Status } = await within(5, `docker volume inspect (${label})`, () => a.engine.inspect(`data@${label}`));
        equal(Status?.['state'], 'unreachable');
        match(String(Status?.['problem']), /10\.9\.0\.1/);
        await within(3, `docker volume inspect again (${label})`, () => a.engine.inspect(`idle@${label}`));
      },
    },
    {
      title: `the server is gone: a create fails soon, in words (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        const refusal = await within(8, `docker volume create (${label})`, () =>
          failureOf(a.engine.create(`new@${label}`)),
        );
        match(refusal, /does not answer/);
        match(refusal, /10\.9\.0\.1/);
      },
    },
    {
      title: `the server is gone: a container that needs it fails in words, within Docker's patience (${label})`,
      seconds: 90,
      work: async ({ a }) => {
        const refusal = await within(LONGEST, `docker run (${label})`, () =>
          failureOf(a.engine.run({ volumes: [`idle@${label}:/x`] }, 'true')),
        );
        match(refusal, /does not answer/);
      },
    },
    {
      title: `the server is gone: a volume is not removed (${label})`,
      seconds: 90,
      work: async ({ a }) => {
        const refusal = await within(LONGEST, `docker volume rm (${label})`, () =>
          failureOf(a.engine.remove(`idle@${label}`)),
        );
        match(refusal, /does not answer|did not end within/);
        equal((await a.engine.volumes()).includes(`idle@${label}`), true);
      },
    },
  ];
}
