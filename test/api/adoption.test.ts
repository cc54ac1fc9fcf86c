import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';

let folder: string;
let share: string;
let plugin: ApiHost;
const make = (path: string) => mkdirSync(join(share, path), { recursive: true, mode: 0o711 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adoption-'));
  share = join(folder, 'share');
  mkdirSync(share);
});
afterEach(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

async function start(settings: object = {}, others: Readonly<Record<string, object>> = {}): Promise<void> {
  const remoteDirs = { disk: { type: 'local', path: share, ...settings }, ...others };
  plugin = await startApiHost(folder, { remoteDirs });
}

describe('a folder of the share', () => {
  test('is adopted by Create, shown as it is, and stays when the volume is removed', async () => {
    make('media');
    writeFileSync(join(share, 'media', 'film'), 'film');
    chownSync(join(share, 'media'), 70, 80);
    await start();
    expect(await plugin.get('media@disk')).toEqual({ Err: 'no such volume' });
    const { ctimeNs } = statSync(join(share, 'media'), { bigint: true });
    expect(await plugin.create('media@disk')).toEqual({});
    expect((await plugin.get('media@disk')).Volume?.Status).toMatchObject({
      adopted: true,
      uid: 70,
      gid: 80,
      mode: '0711',
    });
    expect(await plugin.mount('media@disk', 'id')).toMatchObject({ Mountpoint: expect.any(String) });
    await plugin.unmount('media@disk', 'id');
    expect(await plugin.remove('media@disk')).toEqual({});
    expect(statSync(join(share, 'media'), { bigint: true }).ctimeNs).toBe(ctimeNs);
    expect(await plugin.get('media@disk')).toEqual({ Err: 'no such volume' });
  });

  test('is removed with its volume only when that was asked for at its adoption', async () => {
    make('media');
    await start();
    expect(await plugin.create('media@disk', { 'on-remove': 'trash' })).toEqual({});
    expect(await plugin.remove('media@disk')).toEqual({});
    expect(statSync(join(share, 'media'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([{ uid: '5' }, { gid: '5' }, { mode: '0777' }])('does not get another owner or mode: %j', async options => {
    make('media');
    await start();
    expect((await plugin.create('media@disk', options)).Err).toMatch(
      /^Cannot create "media@disk": .*cannot be taken as a volume.*leave uid, gid and mode out/,
    );
    expect(statSync(join(share, 'media'))).toMatchObject({ uid: 0, gid: 0 });
    expect(await plugin.list()).toEqual([]);
  });
});

describe('adopt=all', () => {
  test('shows the plain folders of the root, and nothing that file servers keep there', async () => {
    for (const name of ['media', 'photos', 'lost+found', '@eaDir', '#recycle', '$RECYCLE.BIN', '.hidden', '.snapshot'])
      make(name);
    make('System Volume Information');
    make('nested/.nfs-shared');
    make('way/to/volumes');
    writeFileSync(join(share, 'file'), '');
    symlinkSync('/etc', join(share, 'link'));
    await start({ adopt: 'all' }, { other: { type: 'local', path: join(share, 'way/to/volumes') } });
    expect(await plugin.list()).toEqual(['media@disk', 'photos@disk']);
    expect((await plugin.get('media@disk')).Volume?.Status).toMatchObject({
      state: 'ok',
      record: expect.stringMatching(/adopt=all/),
    });
    for (const name of ['nested', 'link', 'file', 'lost+found', '.hidden']) {
      expect(await plugin.get(`${name}@disk`)).toEqual({ Err: 'no such volume' });
    }
    expect((await plugin.create('nested@disk')).Err).toMatch(/holds volumes of its own/);
    expect((await plugin.create('way@disk')).Err).toMatch(/the volumes of remote dir "other" lie in it/);
    expect(await plugin.mount('photos@disk', 'id')).toEqual({ Mountpoint: join(plugin.root, 'disk', 'photos') });
  });

  test('does not offer as a volume what it would not list', async () => {
    make('way/to/volumes');
    await start({ adopt: 'all' }, { other: { type: 'local', path: join(share, 'way/to/volumes') } });
    expect(await plugin.get('way@disk')).toEqual({ Err: 'no such volume' });
  });

  test('refuses to remove what nobody made here, and says where it can be deleted', async () => {
    make('media');
    await start({ adopt: 'all' });
    expect((await plugin.remove('media@disk')).Err).toMatch(
      /^Cannot remove "media@disk": .*plain folder of the share.*delete it on the server/,
    );
    expect(statSync(join(share, 'media')).isDirectory()).toBe(true);
    expect(await plugin.list()).toEqual(['media@disk']);
  });

  test('shows a volume with a record once', async () => {
    make('media');
    await start({ adopt: 'all' });
    await plugin.create('media@disk');
    await plugin.create('db@disk');
    expect(await plugin.list()).toEqual(['db@disk', 'media@disk']);
    expect((await plugin.get('media@disk')).Volume?.Status).toMatchObject({ adopted: true });
  });
});

test('a volume in which another remote dir has its volumes by now is not removed with them', async () => {
  await start();
  await plugin.create('way@disk');
  make('way/volumes');
  plugin.stop();
  await start({}, { other: { type: 'local', path: join(share, 'way/volumes') } });
  expect((await plugin.remove('way@disk')).Err).toMatch(/the volumes of remote dir "other" lie in it/);
  expect(statSync(join(share, 'way/volumes')).isDirectory()).toBe(true);
});
