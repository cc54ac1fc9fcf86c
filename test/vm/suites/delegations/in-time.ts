// What host A may expect while the server waits for a host that cannot be asked.

import { equal, match, ok } from 'node:assert/strict';
import type { DockerHost } from '../../guest/docker-host.ts';
import { measure, timed } from '../../guest/results.ts';
import { note } from '../outage-watch.ts';
import type { Share } from './shares.ts';

/** No call of the plugin's takes longer; the rest is Docker's own work on an emulated processor. */
export const LONGEST = 25 + 8;
const tooLong = /does not answer|did not end within/;

export async function removeInTime(
  { waits }: Share,
  about: Parameters<typeof measure>[0],
  remove: () => Promise<void>,
): Promise<void> {
  const { outcome = 'no end', seconds } = await measure(about, LONGEST + 10, remove);
  const who = `${about.driver}: ${about.call}`;
  if (!waits || !tooLong.test(outcome)) equal(outcome, 'ok', `${who}: ${outcome}`);
  ok(seconds <= LONGEST, `${who} took ${seconds} s`);
}

/** For as long as a call of A's may wait for B, other volumes of the same share must not notice. */
export async function meanwhile(a: DockerHost, { label, waits }: Share): Promise<void> {
  const tolerate = (error: unknown) => {
    if (!waits) throw error;
    // One that could not be made is not there to be removed.
    match(String(error), new RegExp(`${tooLong.source}|no such volume`, 'i'));
  };
  const end = performance.now() + 30_000;
  let slowest = 0;
  let turn = 0;
  while (performance.now() < end) {
    turn += 1;
    const volume = `other${turn}@${label}`;
    const steps = [
      () => a.engine.create(volume),
      async () => {
        const { Status } = await a.engine.inspect(volume);
        if (!waits) equal(Status?.['state'], 'ok');
      },
      () => a.engine.remove(volume),
    ];
    for (const step of steps) slowest = Math.max(slowest, (await timed(() => step().catch(tolerate))).seconds);
  }
  note(`${label}: meanwhile other volumes are made, looked at and removed (${turn}), the slowest call`, slowest);
  ok(slowest <= LONGEST, `another volume on ${label} took ${slowest} s`);
}
