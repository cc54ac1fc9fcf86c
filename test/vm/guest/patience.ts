// Docker disables a plugin that does not listen ten seconds after its start, which an emulated processor with other work
// around it may exceed. So Docker's clock stands still while a plugin starts: dockerd is stopped until the plugin listens.

import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerHost } from './docker-host.ts';

/** As long as nobody can believe in a slow processor any more. */
const LONGEST_MS = 60_000;

export async function withPatience<T>(host: DockerHost, work: () => Promise<T>): Promise<T> {
  let known = (await host.plugin.listens()) ? processOf(host) : undefined;
  let over = false;
  const working = work().finally(() => {
    over = true;
  });
  // Its failure is the caller's, and may come while this waits for something else.
  working.catch(() => {});
  while (!over) {
    // Not more often: who looks takes from the processors that the plugin needs.
    await sleep(400);
    const now = processOf(host);
    if (now === undefined || now === known) continue;
    known = now;
    const release = host.holdEngine();
    try {
      const end = performance.now() + LONGEST_MS;
      while (processOf(host) === now && performance.now() < end && !(await host.plugin.listens())) await sleep(400);
    } finally {
      release();
    }
  }
  return await working;
}

/** undefined also while the host is not there yet, or no more. */
function processOf(host: DockerHost): number | undefined {
  try {
    return host.pluginProcess();
  } catch {
    return undefined;
  }
}
