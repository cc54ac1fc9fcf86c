// What is broken, one after the other, while the users go on.

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { startWithPlugin } from '../../guest/enable-plugin.ts';
import { killPlugin } from '../../guest/kill-plugin.ts';
import { write } from '../../guest/results.ts';
import type { Random } from './random.ts';
import type { Breakable, World } from './world.ts';

export type FaultCounts = Readonly<Record<Breakable, number>>;

/** In an order of their own; between two of them the users have some time without any. */
export async function breakThings(world: World, counts: FaultCounts, random: Random): Promise<void> {
  const all = Object.entries(counts).flatMap(([what, times]) => Array.from({ length: times }, () => what as Breakable));
  for (const what of random.shuffled(all)) {
    await sleep(random.between(3000, 7000));
    // Taken in any case: what comes later stays the same.
    const [host, choice] = [random.pick(world.hosts), random.branch(world.broken.length)];
    await faults[what](world, host, choice);
  }
  await sleep(random.between(2000, 4000));
}

const tell = (text: string) => write({ kind: 'note', text });

const faults: Readonly<Record<Breakable, (world: World, host: DockerHost, random: Random) => Promise<void>>> = {
  plugin: async (world, host) => {
    tell(`the plugin on host ${host.name} is killed`);
    await until('there is a plugin', 60_000, () => (host.pluginProcess() === undefined ? undefined : true));
    const isOver = world.breaks('plugin', host);
    await killPlugin(host)();
    isOver();
  },

  engine: async (world, host, random) => {
    tell(`dockerd on host ${host.name} is killed`);
    const isOver = world.breaks('engine', host);
    await killEngine(host);
    await sleep(random.between(500, 4000));
    world.engineStarts(host);
    await startWithPlugin(
      host,
      () => host.startEngine(),
      () => killEngine(host),
    );
    isOver();
  },

  network: async (world, host, random) => {
    const milliseconds = random.between(10_000, 20_000);
    tell(`host ${host.name} is cut off for ${Math.round(milliseconds / 1000)} s`);
    const isOver = world.breaks('network', host);
    await host.unplug();
    await sleep(milliseconds);
    await host.plug();
    isOver();
  },

  server: async (world, _host, random) => {
    const milliseconds = random.between(5000, 10_000);
    tell(`the file server is away for ${Math.round(milliseconds / 1000)} s`);
    const isOver = world.breaks('server', undefined);
    await world.stage.server.stopServing();
    await sleep(milliseconds);
    await world.stage.server.startServing();
    isOver();
  },
};

/** An engine that is just starting a program looks like two for a moment, and then nothing is killed. */
async function killEngine(host: DockerHost): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await host.killEngine();
      return;
    } catch (error) {
      if (tries === 20 || !String(error).includes('is not two processes')) throw error;
      await sleep(200);
    }
  }
}
