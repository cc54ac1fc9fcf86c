// One truth: what was answered, what lies on the share and what both hosts say of it.

import { equal } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { pluginName } from '../../guest/names.ts';
import { write } from '../../guest/results.ts';
import { recordsOn } from './disk.ts';
import { mustBeThere } from './journal.ts';
import type { World } from './world.ts';

export async function isOneTruth(world: World): Promise<void> {
  const all = world.labels.flatMap(label => world.volumesOn(label));
  const there = world.labels.flatMap(recordsOn);
  const decided = all.map(volume => ({ volume, must: mustBeThere(world.calls, volume) }));
  const known = decided.filter(({ must }) => must !== undefined);
  write({ kind: 'note', text: `of ${all.length} volumes it is decided for ${known.length} whether they are there` });
  const wrong = known.filter(({ volume, must }) => must !== there.includes(volume));
  equal(wrong.map(({ volume, must }) => `${volume} is ${must ? 'gone' : 'there'}`).join('\n'), '');
  for (const host of world.hosts) for (const label of world.labels) await listsAll(host, label);
}

/** A host that is too slow to look lists what it remembers; it may be so for a moment, and not for long. */
async function listsAll({ engine, name }: DockerHost, label: string): Promise<void> {
  const there = recordsOn(label).sort().join(', ');
  let listed = '';
  await until(`host ${name} lists what is on ${label}`, 30_000, async () => {
    const { Volumes } = (await engine.get('/volumes')) as { Volumes: { Name: string; Driver: string }[] };
    const here = Volumes.filter(({ Name }) => Name.endsWith(`@${label}`));
    const others = here.filter(({ Driver }) => Driver !== pluginName);
    equal(others.map(({ Name, Driver }) => `${Name} of ${Driver}`).join(), '', `volumes on host ${name}`);
    listed = here
      .map(({ Name }) => Name)
      .sort()
      .join(', ');
    if (listed === there) return true;
    await sleep(1000);
    return undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: it lists ${listed}; on the share are ${there}`);
  });
}
