// After the last fault: everything has to come back by itself, and what nobody uses any more has to be let go.

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import { allOf } from '../../guest/all-of.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { enablePlugin } from '../../guest/enable-plugin.ts';
import { isReleased } from '../crash-watch.ts';
import { attachedOn } from './disk.ts';
import { removeIfThere } from './user.ts';
import type { World } from './world.ts';

export async function settle(world: World): Promise<void> {
  for (const host of world.hosts) {
    await until(`the engine of ${host.name} answers`, 60_000, async () => (await host.engine.answers()) || undefined);
    // Docker has found it too slow: nothing that the plugin could do about.
    if (!(await host.plugin.isEnabled())) await enablePlugin(host);
  }
  await allOf(world.hosts.map(host => removeContainers(world, host)));
  await allOf(world.hosts.map(host => areUsable(world, host)));
  await allOf(world.hosts.flatMap(host => world.labels.map(label => isReleased(host, label, 90_000))));
  await until('the last attachment is gone', 120_000, async () => {
    if (world.labels.flatMap(attachedOn).length === 0) return true;
    await sleep(1000);
    return undefined;
  }).catch(() => {
    throw new Error(`attachments that nobody has: ${world.labels.flatMap(attachedOn).join('\n')}`);
  });
}

async function removeContainers(world: World, { engine, name }: DockerHost): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ name: [`^/?${world.key}-`] }));
  let last = '';
  await until(`the last container on host ${name} is gone`, 150_000, async () => {
    const left = (await engine.get(`/containers/json?all=1&filters=${filters}`)) as readonly { Id: string }[];
    if (left.length === 0) return true;
    for (const { Id } of left)
      await removeIfThere(engine, Id).catch((error: unknown) => {
        last = String(error);
      });
    await sleep(500);
    return undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last}`);
  });
}

/** Nobody had to do anything for it. One container for all shares: its start is what takes time. */
async function areUsable(world: World, { engine, name }: DockerHost): Promise<void> {
  const settled = world.labels.map(label => `settled-${name}@${label}`);
  for (const volume of settled) world.addVolume(volume);
  const volumes = settled.map((volume, at) => `${volume}:/x${at}`);
  let last = '';
  await until(`all shares can be used on host ${name}`, 150_000, async () => {
    try {
      await engine.run({ volumes }, 'for folder in /x*; do echo 1 >$folder/f || exit 1; done');
      return true;
    } catch (error) {
      last = String(error);
      await sleep(2000);
      return undefined;
    }
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last}`);
  });
}
