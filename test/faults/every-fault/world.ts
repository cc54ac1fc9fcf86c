// A share with two hosts on it. Everything alpha does goes through faults when there are any; beta is a host elsewhere, whose
// way to the share is always well. One of these serves many cases, each with a volume of its own.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure } from '../../../src/errors.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { type HostSettings, type PluginHost, startHost } from '../../fakes/plugin-host.ts';

export interface World {
  readonly folder: string;
  readonly share: string;
  readonly faulty: FaultyFiles;
  readonly alpha: PluginHost;
  /** Does nothing but what it is asked for. */
  readonly beta: PluginHost;
  /** A third one, which only settles what the others have left behind */
  readonly sweeper: () => PluginHost;
  /** Lets minutes pass on the clocks that measure. */
  readonly wait: (minutes: number) => void;
  readonly stop: () => void;
}

const MINUTE = 60_000;
const PATIENCE_MS = 60_000;

export function makeWorld(top: string, mounts: boolean): World {
  const folder = mkdtempSync(join(top, 'world-'));
  const share = join(folder, 'share');
  mkdirSync(share);
  const faulty = new FaultyFiles();
  const hosts: PluginHost[] = [];
  let ahead = 0;
  const another = (name: string, more: Partial<HostSettings> = {}) => {
    const host = startHost(join(folder, name), {
      name,
      remoteDirs: { disk: { type: 'local', path: share } },
      readNamespaces: async () => [],
      clock: () => performance.now() + ahead,
      trashFor: 3600,
      // Only when a case asks for it.
      beatMs: 24 * 60 * MINUTE,
      lookAgainMs: 5,
      ...(mounts ? {} : { mounts: false }),
      ...more,
    });
    hosts.push(host);
    return host;
  };
  const beta = another('beta');
  beta.trash.stop();
  let sweeper: PluginHost | undefined;
  return {
    folder,
    share,
    faulty,
    alpha: another('alpha', { fileWork: faulty.over }),
    beta,
    sweeper: () => {
      sweeper ??= another('sweeper');
      return sweeper;
    },
    wait: minutes => {
      ahead += minutes * MINUTE;
    },
    stop: () => {
      faulty.letGo();
      for (const host of hosts) host.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export const shareOf = (host: PluginHost) => host.shares.get('disk');

export const insist = <T>(world: World, verb: () => Promise<T>): Promise<T> => retry(verb, world.wait);

/**
 * What a user does who is told to try again. A share that was lost is asked for in the background, with pauses, and an
 * attachment is taken away in the same way: nothing is known of when, only that it comes to be.
 */
export async function retry<T>(verb: () => Promise<T>, wait: World['wait'] = () => {}): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await verb();
    } catch (error) {
      const again = ['ShareUnreachable', 'TimedOut', 'ShareNotWritable', 'VolumeInUse', 'BeingRemoved'] as const;
      if (!isFailure(error, ...again)) throw error;
      if (performance.now() > end) throw error;
      // A removal that its host has left keeps the others waiting for a minute.
      if (isFailure(error, 'BeingRemoved')) wait(2);
      await sleep(20);
    }
  }
}

export async function reach(world: World, host: PluginHost): Promise<void> {
  await insist(world, () =>
    shareOf(host).use('reach the share', 5000, async () => {}, { insist: true, recognise: true }),
  );
}

/** What a host deletes in the background is deleted. */
export async function swept(world: World, host: PluginHost): Promise<void> {
  await reach(world, host);
  await host.trash.sweep(shareOf(host));
}

/** What Docker is told when the share can be asked: in the moments before it is told what this host remembers. */
export async function shown(world: World, host: PluginHost, name: string) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const volume = await insist(world, () => host.volumes.get(name));
    if (volume?.status['state'] !== 'unreachable' || performance.now() > end) return volume;
    await reach(world, host);
  }
}
