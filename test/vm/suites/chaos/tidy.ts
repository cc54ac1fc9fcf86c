// What was cut short is ended by whoever tries again: every volume is created once more and removed, by one host and the
// other, and what an operator has left half restored is restored again. After that nothing may be left of any of them.

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import { allOf } from '../../guest/all-of.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { fromTrash, type InTrash, purge, trashOf } from '../operator.ts';
import type { World } from './world.ts';

export async function tidyUp(world: World): Promise<void> {
  await allOf(world.labels.map(label => tidyShare(world, label)));
}

async function tidyShare(world: World, label: string): Promise<void> {
  const { a, b } = world.stage;
  for (const [at, volume] of world.volumesOn(label).entries()) {
    const [one, other] = at % 2 === 0 ? [a, b] : [b, a];
    // A removal that the other host has left standing is ended a minute after it was first in somebody's way.
    await again(`create ${volume} on host ${one.name}`, 100_000, () => one.engine.create(volume));
    await again(`remove ${volume} on host ${other.name}`, 30_000, () => other.engine.remove(volume));
  }
  for (const entry of await trashOf(a, label)) if (entry.state === 'restoring') await endRestoring(a, label, entry);
  await again(`what is to be deleted on ${label} is`, 60_000, async () => {
    const left = (await trashOf(b, label)).filter(({ state }) => state !== 'kept');
    if (left.length > 0) throw new Error(left.map(({ entry, state }) => `${entry} is ${state}`).join());
  });
}

/** Its data has come back already, or comes now. */
async function endRestoring(host: DockerHost, label: string, { entry, volume }: InTrash): Promise<void> {
  const name = `${volume}-after-all`;
  try {
    await fromTrash(host, label, entry, name);
    await host.engine.remove(`${name}@${label}`);
  } catch (error) {
    if (!String(error).includes('its folder is not in trash')) throw error;
    await purge(host, label, entry);
  }
}

async function again(what: string, milliseconds: number, act: () => Promise<unknown>): Promise<void> {
  let last = '';
  await until(what, milliseconds, async () => {
    try {
      await act();
      return true;
    } catch (error) {
      last = String(error);
      await sleep(1000);
      return undefined;
    }
  }).catch(() => {
    throw new Error(`${what}: in vain for ${milliseconds / 1000} s: ${last}`);
  });
}
