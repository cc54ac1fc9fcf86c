// Starts of the plugin that take Docker's impatience into account (patience.ts). What has to be tried again all the same is
// written down.

import type { DockerHost } from './docker-host.ts';
import { withPatience } from './patience.ts';
import { write } from './results.ts';

const MOST_TRIES = 4;

export async function enablePlugin(host: DockerHost, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await withPatience(host, () => host.plugin.enable(settings));
      return;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      write({ kind: 'retry', text: `the plugin on host ${host.name} did not start in time: ${String(error)}` });
    }
  }
}

/** A start at which Docker starts the plugin by itself. One that came too late for Docker is disabled, and does not count. */
export async function startWithPlugin(
  host: DockerHost,
  start: () => Promise<void>,
  stop: () => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await withPatience(host, start);
    if (await host.plugin.isEnabled()) return;
    if (tries === MOST_TRIES)
      throw new Error(`Docker has found no plugin at ${MOST_TRIES} starts of host ${host.name}`);
    write({ kind: 'retry', text: `the plugin on host ${host.name} came too late for Docker at its start` });
    await enablePlugin(host);
    await stop();
  }
}
