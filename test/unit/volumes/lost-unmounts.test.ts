import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Namespace } from '../../../src/mounts/mount-users.ts';
import { eventually } from '../../eventually.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// Docker forgets an Unmount now and then. The volume must not stay in use for that, as the other hosts see it.

let folder: string;
let share: string;
let hosts: PluginHost[];
let clockAhead: number;
let beats: number;
let namespaces: readonly Namespace[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lost-'));
  share = join(folder, 'share');
  mkdirSync(share);
  [hosts, clockAhead, beats, namespaces] = [[], 0, 0, []];
});
afterEach(() => {
  for (const host of hosts) host.stop();
  rmSync(folder, { recursive: true });
});

function start(name: string): PluginHost {
  const host = startHost(join(folder, name), {
    name,
    remoteDirs: { disk: { type: 'local', path: share } },
    beatMs: 20,
    clock: () => performance.now() + clockAhead,
    readNamespaces: async () => {
      beats += 1;
      return namespaces;
    },
  });
  hosts.push(host);
  return host;
}

const signs = () => {
  const at = join(share, '.nfs-shared/attachments/db');
  return existsSync(at) ? readdirSync(at) : [];
};
/** The mount tables have been looked at that often since. */
const looks = async (count: number) => {
  const before = beats;
  await eventually('the mount tables were looked at', () => beats >= before + count);
};

test('an Unmount that was lost keeps the volume for some minutes, and then it is free by itself', async () => {
  const alpha = start('alpha');
  const beta = start('beta');
  await alpha.volumes.create('db@disk', new Map());
  await alpha.volumes.mount('db@disk', 'lost');
  for (const minutes of [3, 6, 9]) {
    clockAhead = minutes * 60_000;
    await looks(1);
  }
  expect(signs()).toEqual([expect.stringMatching(/^attached/)]);
  clockAhead = 11 * 60_000;
  await eventually('the sign is gone', () => signs().length === 0);
  expect(alpha.logged.some(({ msg }) => /no container has them any more/.test(msg))).toBe(true);
  expect(await alpha.volumes.get('db@disk')).toMatchObject({ status: { references: 0 } });
  await beta.volumes.remove('db@disk');
});

test('a volume that a process shows stays in use, however long ago Docker has told of it', async () => {
  const alpha = start('alpha');
  await alpha.volumes.create('db@disk', new Map());
  const mountPoint = await alpha.volumes.mount('db@disk', 'kept');
  const table = (await import('../../../src/mounts/mount-table.ts')).readMountTable();
  const own = table.find(entry => mountPoint.startsWith(`${entry.mountPoint}/`) && entry.mountPoint.includes(folder));
  if (own === undefined) throw new Error('the share is not mounted');
  namespaces = [{ pid: 4711, entries: [{ ...own, root: join(own.root, 'db'), mountPoint: '/data' }] }];
  for (let hours = 0; hours < 4; hours += 1) {
    clockAhead += 60 * 60_000;
    await looks(1);
  }
  expect(signs()).toEqual([expect.stringMatching(/^attached/)]);
  expect(await alpha.volumes.get('db@disk')).toMatchObject({ status: { references: 1 } });
});
