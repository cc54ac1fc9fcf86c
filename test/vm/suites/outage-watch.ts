// What an outage is watched by: how long a command takes, whether a container writes, when a share is back.

import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { timed, write } from '../guest/results.ts';

export async function isOkAgain(host: DockerHost, label: string): Promise<void> {
  await until(`data@${label} is ok again`, 120_000, async () => {
    const { Status } = await host.engine.inspect(`data@${label}`);
    if (Status?.['state'] === 'ok') return true;
    await sleep(500);
    return undefined;
  });
}

export async function within<T>(most: number, what: string, work: () => Promise<T>): Promise<T> {
  const { seconds, value } = await timed(work);
  note(what, seconds);
  ok(seconds <= most, `${what} took ${seconds} s, at most ${most} s were expected`);
  return value;
}

export const note = (what: string, seconds: number) => write({ kind: 'note', text: `${what}: ${seconds} s` });

/** The container's counter moves on, as the server's own disk shows it. */
export async function growing(label: string, milliseconds = 30_000, disk = '/srv'): Promise<void> {
  const size = () => readFileSync(`${disk}/${label}/data/count`, 'utf8').length;
  const before = size();
  await until(`the container on ${label} writes`, milliseconds, () => (size() > before ? true : undefined));
}
