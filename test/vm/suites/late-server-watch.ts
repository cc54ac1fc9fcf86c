// How a host is started before its server, and what is seen of it then.

import { equal } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { callSocket } from '../../docker/engine-api.ts';
import { until } from '../../docker/until.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { withPatience } from '../guest/patience.ts';
import { measure } from '../guest/results.ts';
import type { Stage } from '../guest/stage.ts';

export const shares = [
  { label: 'late3', type: 'nfs3', driver: 'nfs-shared, NFSv3' },
  { label: 'late4.2', type: 'nfs4', driver: 'nfs-shared, NFSv4.2' },
] as const;

const fault = 'the host starts before the server';

/** Resolves when the plugin is there, which is before the engine answers: that waits for its containers. */
export async function startWithoutServer({ a, server }: Stage): Promise<{ engineAnswers: Promise<void> }> {
  const socket = await a.plugin.socket();
  await a.off();
  await server.vanish();
  const engineAnswers = withPatience(a, () => a.start());
  // Its failure is told to whoever waits for it.
  engineAnswers.catch(() => {});
  await until('the plugin answers', 120_000, async () => {
    const answer = await callSocket(socket, 'POST', '/VolumeDriver.Capabilities', '{}', 5000).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  });
  return { engineAnswers };
}

export async function worksWithin(
  seconds: number,
  driver: string,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const { outcome = 'no end yet' } = await measure(
    { fault, driver, call: `server there, until ${what}` },
    seconds,
    work,
  );
  equal(outcome, 'ok', `${driver}: ${what}`);
}

export async function allWrite(seconds: number): Promise<void> {
  await Promise.all(shares.map(({ label }) => grows(label, seconds)));
}

export async function grows(label: string, seconds: number): Promise<void> {
  const file = `/srv/${label}/data/count`;
  const size = () => (existsSync(file) ? readFileSync(file).length : 0);
  const before = size();
  await until(`the container on ${label} writes`, seconds * 1000, () => (size() > before ? true : undefined));
}

export async function stateOf({ engine }: DockerHost, container: string): Promise<{ Running: boolean; Error: string }> {
  const { State } = (await engine.get(`/containers/${container}/json`)) as {
    State: { Running: boolean; Error: string };
  };
  return State;
}
