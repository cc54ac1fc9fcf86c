import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { DockerHost } from './docker-host.ts';
import { withPatience } from './patience.ts';
import { write } from './results.ts';

/**
 * The plugin crashes. What is returned waits until Docker has it back and until it may crash again, and says whether Docker
 * did that by itself.
 */
export function killPlugin(host: DockerHost): () => Promise<boolean> {
  const before = host.pluginProcess();
  if (before === undefined) throw new Error(`there is no plugin on host ${host.name}`);
  process.kill(before, 'SIGKILL');
  const back = withPatience(host, () => isBack(host, before));
  // Whoever asks later is told.
  back.catch(() => {});
  return () => back;
}

async function isBack(host: DockerHost, before: number): Promise<boolean> {
  await until('Docker has started the plugin again', 90_000, async () => {
    await sleep(1000);
    if (!(await host.plugin.isEnabled())) return true;
    const now = host.pluginProcess();
    return (now !== undefined && now !== before && (await host.plugin.listens())) || undefined;
  });
  // Docker looks for it every three seconds, and disables a plugin that has died before it was found.
  await sleep(4000);
  const byItself = await host.plugin.isEnabled();
  if (!byItself) {
    write({ kind: 'retry', text: `the crashed plugin on host ${host.name} came too late for Docker` });
    // Docker is still at ending the one that came too late.
    await sleep(10_000);
    await host.plugin.enable();
  }
  return byItself;
}
