// What each command of a user does while the server is gone.

import { equal, match } from 'node:assert/strict';
import type { Case } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { within } from './outage-watch.ts';

export const shares = [
  // After a minute of silence the kernel of the client tries version 3 only every so often; nobody can hurry it.
  { label: 'lost3', type: 'nfs3', backWithin: 110 },
  { label: 'lost42', type: 'nfs4', backWithin: 60 },
] as const;
/** No call of the plugin's takes longer; the rest is Docker's own work on an emulated processor. */
export const LONGEST = 25 + 8;

export function duringOutage(): Case[] {
  return [
    {
      title: 'the server is gone: inspect answers soon and says so',
      seconds: 60,
      work: async ({ a }) => {
        await onAll(async ({ label }) => {
          const look = (name: string) => () => a.engine.inspect(`${name}@${label}`);
          const { Status } = await within(5, `docker volume inspect (${label})`, look('data'));
          equal(Status?.['state'], 'unreachable');
          match(String(Status?.['problem']), /10\.9\.0\.1/);
          await within(3, `docker volume inspect again (${label})`, look('idle'));
        });
      },
    },
    {
      title: 'the server is gone: a create fails soon, in words',
      seconds: 60,
      work: async ({ a }) => {
        await onAll(async ({ label }) => {
          const create = () => failureOf(a.engine.create(`new@${label}`));
          const refusal = await within(8, `docker volume create (${label})`, create);
          match(refusal, /does not answer/);
          match(refusal, /10\.9\.0\.1/);
        });
      },
    },
    {
      title: 'the server is gone: a volume is not removed',
      seconds: 90,
      work: async ({ a }) => {
        await onAll(async ({ label }) => {
          const remove = () => failureOf(a.engine.remove(`idle@${label}`));
          match(await within(LONGEST, `docker volume rm (${label})`, remove), /does not answer|did not end within/);
          equal((await a.engine.volumes()).includes(`idle@${label}`), true);
        });
      },
    },
  ];
}

export async function containersFail(a: DockerHost): Promise<void> {
  await onAll(async ({ label }) => {
    const run = () => failureOf(a.engine.run({ volumes: [`idle@${label}:/x`] }, 'true'));
    match(await within(LONGEST, `docker run (${label})`, run), /does not answer/);
  });
}

/** Both shares are asked at the same moment: they have nothing in common that one could wait for the other at. */
export function onAll(ask: (share: (typeof shares)[number]) => Promise<unknown>): Promise<unknown> {
  return Promise.all(shares.map(ask));
}
