import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { type HostSettings, type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// Two hosts with one share: what one of them says there is all that the other knows of it.

export let folder: string;
export let share: string;
let running: PluginHost[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'two-hosts-'));
  share = join(folder, 'share');
  mkdirSync(share);
  running = [];
});
afterEach(() => {
  for (const host of running) host.stop();
  rmSync(folder, { recursive: true });
});

export type More = Partial<HostSettings>;
export function host(name: string, more: More = {}, home = name): PluginHost {
  const remoteDirs = { disk: { type: 'local', path: share } };
  const settings = { remoteDirs, readNamespaces: async () => [], name, trashFor: 3600, ...more };
  const started = startHost(join(folder, home), settings);
  running.push(started);
  return started;
}

export async function withVolume(more: More = {}, options: Readonly<Record<string, string>> = {}): Promise<PluginHost> {
  const alpha = host('alpha', more);
  await alpha.volumes.create('db@disk', new Map(Object.entries(options)));
  writeFileSync(join(share, 'db', 'data'), 'data');
  return alpha;
}

export const none = new Map<string, string>();
export const signNamesNow = () => {
  const at = join(share, '.nfs-shared/attachments/db');
  return existsSync(at) ? readdirSync(at) : [];
};
export const signs = () => signNamesNow().map(name => name.replace(/\..*/, ''));
export const trash = () => readdirSync(join(share, '.nfs-shared/trash'));
export const dataInTrash = () => readFileSync(join(share, '.nfs-shared/trash', trash()[0] ?? '', 'data/data'), 'utf8');
export const usersIn = async (removal: Promise<void>): Promise<string> => {
  const error: unknown = await removal.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'VolumeInUse' });
  return (error as Error).message;
};
