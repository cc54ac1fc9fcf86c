import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../docker/until.ts';
import { FaultyFiles } from '../fakes/faulty-files.ts';
import { type HostSettings, type PluginHost, startHost } from '../fakes/plugin-host.ts';

// Two shares, and faults on one of them: whatever that one does, the volumes of the other and of this host's memory are
// answered for.

let folder: string;
let host: PluginHost;
let faulty: FaultyFiles;
const none = new Map<string, string>();
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slow-'));
  for (const name of ['sick', 'well']) mkdirSync(path(name));
  faulty = new FaultyFiles();
});
afterEach(() => {
  faulty.letGo();
  host.stop();
  rmSync(folder, { recursive: true });
});

function start(more: Partial<HostSettings> = {}, sick: object = {}): void {
  host = startHost(folder, {
    remoteDirs: { sick: { type: 'local', path: path('sick'), ...sick }, well: { type: 'local', path: path('well') } },
    readNamespaces: async () => [],
    ...more,
  });
}
/** Faults reach the sick share only. */
const onSick = async () => {
  const { fileWork } = await import('../../src/system/file-work.ts');
  return (base: string) => (base.startsWith(path('sick')) ? faulty.over(base) : fileWork(base));
};
const names = async () => (await host.volumes.list()).map(({ name }) => name).sort();

describe('a share that hangs', () => {
  test('is listed and shown from memory, in time, and slows no other', async () => {
    start({ fileWork: await onSick(), mounts: false });
    await host.volumes.create('db@sick', none);
    await host.volumes.create('x@well', none);
    faulty.faults = [{ hang: true }];
    const began = performance.now();
    expect(await names()).toEqual(['db@sick', 'x@well']);
    expect(await host.volumes.get('db@sick')).toMatchObject({ status: { state: 'unreachable' } });
    expect(performance.now() - began).toBeLessThan(8000);
    const then = performance.now();
    for (let n = 0; n < 20; n += 1) await host.volumes.get('db@sick');
    await host.volumes.create('y@well', none);
    expect(performance.now() - then).toBeLessThan(4000);
    faulty.letGo();
    await until('the share is back', 30_000, async () => {
      const shown = await host.volumes.get('db@sick');
      return shown?.status['state'] === 'ok' ? true : undefined;
    });
    expect(host.shares.get('sick').state).toBe('ok');
  }, 60_000);

  test('in the middle of a Create has the volume finished by the next one', async () => {
    start({ fileWork: await onSick(), mounts: false });
    await host.volumes.create('first@sick', none);
    faulty.faults = [{ operation: 'setMode', hang: true }];
    const began = performance.now();
    await expect(host.volumes.create('db@sick', new Map([['mode', '0700']]))).rejects.toMatchObject({
      message: expect.stringMatching(/took longer than|did not end/),
    });
    // Docker gives up after 30 s at the soonest.
    expect(performance.now() - began).toBeLessThan(28_000);
    const signs = () => readdirSync(join(path('sick'), '.nfs-shared/attachments/db'));
    expect(signs()).toEqual([expect.stringMatching(/^creating\./)]);
    faulty.letGo();
    await host.volumes.create('db@sick', new Map([['mode', '0700']]));
    expect(signs()).toEqual([]);
    expect(statSync(join(path('sick'), 'db')).mode & 0o7777).toBe(0o700);
  }, 60_000);
});

describe('a share that is read-only', () => {
  test('refuses Create and Remove in words, and is listed, shown and mounted all the same', async () => {
    start();
    await host.volumes.create('db@sick', none);
    writeFileSync(join(path('sick'), 'db', 'x'), 'kept');
    host.stop();
    start({ fileWork: await onSick() });
    for (const operation of [
      'makeFolder',
      'replaceText',
      'createText',
      'writeNew',
      'linkNew',
      'makeSign',
      'rename',
      'removeFile',
      'setMode',
      'setOwner',
    ] as const)
      faulty.faults.push({ operation, errno: 'EROFS' });
    await expect(host.volumes.create('new@sick', none)).rejects.toThrow(
      /the share of remote dir "sick" is read-only for this host/,
    );
    await expect(host.volumes.remove('db@sick')).rejects.toThrow(
      /the share of remote dir "sick" is read-only for this host/,
    );
    expect(await names()).toEqual(['db@sick']);
    expect(await host.volumes.get('db@sick')).toMatchObject({ status: { state: 'ok' } });
    const mountpoint = await host.volumes.mount('db@sick', 'id');
    expect(readFileSync(join(mountpoint, 'x'), 'utf8')).toBe('kept');
  });
});

describe('a volume that is made while the share is looked at', () => {
  test('is not taken for gone by a list that was read before it', async () => {
    mkdirSync(join(path('sick'), 'media'));
    start({ fileWork: await onSick(), mounts: false }, { adopt: 'all' });
    await host.volumes.create('first@sick', none);
    // Everything is read by then but what lies in this folder.
    faulty.faults = [{ operation: 'inspect', path: /^media\/\.nfs-shared$/, hang: true }];
    const listing = host.volumes.list();
    await until('the list was read', 5000, () => (faulty.hanging === 1 ? true : undefined));
    await host.volumes.create('db', new Map([['remote-dir', 'sick']]));
    faulty.letGo();
    expect((await listing).map(({ name }) => name).sort()).toEqual(['first@sick', 'media@sick']);
    expect(await host.volumes.get('db')).toMatchObject({ name: 'db', status: { state: 'ok' } });
  });
});

test('a volume with a label of its own keeps its users apart from one of the same folder name elsewhere', async () => {
  start();
  await host.volumes.create('db@sick', none);
  await host.volumes.create('db@well', none);
  const mountpoint = await host.volumes.mount('db@sick', 'id');
  expect(mountpoint).toBe(join(host.root, 'sick', 'db'));
  await host.volumes.remove('db@well');
  await expect(host.volumes.remove('db@sick')).rejects.toMatchObject({ code: 'VolumeInUse' });
  host.volumes.unmount('db@sick', 'id');
  await host.volumes.remove('db@sick');
});
