// Whether the plugin's one thread is ever kept: a call that touches nothing, put to its socket five times a second.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { callSocket } from '../../../docker/engine-api.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { write } from '../../guest/results.ts';

const CALLS = 50;
const PAUSE = 200;
/** What fails counts as if it took this long. */
const LIMIT = 30_000;
/** What waits for a dead server waits for seconds. */
export const STALLED = 2000;

/** Returns the milliseconds of the slowest answer, without what the processors had to do for others meanwhile. */
export async function watchLatency(host: DockerHost, when: string): Promise<number> {
  const socket = await host.plugin.socket();
  const before = processorTime(host);
  const pending: Promise<number>[] = [];
  for (let count = 0; count < CALLS; count += 1) {
    // Not waited for: what comes after a stall is late as well.
    pending.push(answerTime(socket));
    await sleep(PAUSE);
  }
  const times = (await Promise.all(pending)).sort((a, b) => a - b);
  const after = processorTime(host);
  const ran = after.ran - before.ran;
  const waited = after.waited - before.waited;
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  const text = `median ${at(0.5)} ms, 99th ${at(0.99)} ms, longest ${at(1)} ms`;
  const thread = `its thread ran ${ran} ms and waited ${waited} ms for a processor`;
  write({ kind: 'note', text: `answers of the plugin (Capabilities), ${when}: ${text}; ${thread}` });
  return Math.max(0, at(1) - waited);
}

async function answerTime(socket: string): Promise<number> {
  const started = performance.now();
  const answer = await callSocket(socket, 'POST', '/VolumeDriver.Capabilities', '{}', LIMIT).catch(() => undefined);
  return answer?.status === 200 ? performance.now() - started : LIMIT;
}

/** Milliseconds that the plugin's first thread had a processor, and that it was ready and had none. */
function processorTime(host: DockerHost): { ran: number; waited: number } {
  const pid = host.pluginProcess();
  const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { ran: Math.round(ran / 1e6), waited: Math.round(waited / 1e6) };
}
