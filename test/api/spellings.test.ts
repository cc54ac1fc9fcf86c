import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';

let folder: string;
let plugin: ApiHost;
const dir = (name: string) => ({ type: 'local', path: join(folder, name) });

async function start(labels: readonly string[], home = 'host'): Promise<void> {
  plugin?.stop();
  const remoteDirs = Object.fromEntries(labels.map(label => [label, dir(label)]));
  mkdirSync(join(folder, home), { recursive: true });
  plugin = await startApiHost(join(folder, home), { remoteDirs });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spellings-'));
  for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name));
});
afterEach(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

describe('a name without a label', () => {
  test('means the only remote dir, and is from then on the name of that volume here', async () => {
    await start(['a']);
    expect(await plugin.create('db')).toEqual({});
    expect(await plugin.list()).toEqual(['db']);
    expect((await plugin.get('db')).Volume).toMatchObject({ Name: 'db', Mountpoint: join(plugin.root, 'a', 'db') });
    expect(await plugin.get('db@a')).toEqual({ Err: 'no such volume' });
    expect((await plugin.create('db@a')).Err).toMatch(/this host knows the volume as "db"/);
    expect((await plugin.remove('db@a')).Err).toMatch(/no such volume/);
    expect((await plugin.mount('db@a', 'id')).Err).toMatch(/no such volume/);
  });

  test('is refused with the labels there are when there are several, and with what to do when there are none', async () => {
    await start(['a', 'b']);
    expect((await plugin.create('db')).Err).toMatch(/write NAME@LABEL with one of "a", "b"/);
    expect(await plugin.create('db', { 'remote-dir': 'b' })).toEqual({});
    expect((await plugin.get('db')).Volume?.Status).toMatchObject({ remoteDir: 'b' });
  });

  test("is nobody's until it was given to Create here: another plugin may own it", async () => {
    await start(['a']);
    await plugin.create('db@a');
    expect(await plugin.get('db')).toEqual({ Err: 'no such volume' });
    expect((await plugin.create('db')).Err).toMatch(/knows the volume as "db@a"/);
  });

  test('stays with its share when a second remote dir is added, also over a restart', async () => {
    await start(['a']);
    await plugin.create('db');
    await start(['b', 'a']);
    expect((await plugin.get('db')).Volume?.Status).toMatchObject({ remoteDir: 'a', state: 'ok' });
    expect(await plugin.create('db')).toEqual({});
    expect((await plugin.create('db', { 'remote-dir': 'b' })).Err).toMatch(
      /knows the volume as "db@a"|knows the volume as "db"/,
    );
    expect(readdirSync(join(folder, 'b'))).not.toContain('db');
  });

  test('and its full name asked for at the same moment make one volume under one name', async () => {
    await start(['a']);
    const [bare, full] = await Promise.all([plugin.create('db'), plugin.create('db@a')]);
    expect([bare.Err, full.Err].filter(text => text === undefined)).toHaveLength(1);
    expect(await plugin.list()).toHaveLength(1);
  });
});

describe('a full name', () => {
  test('that contradicts the option remote-dir is refused', async () => {
    await start(['a', 'b']);
    expect((await plugin.create('db@a', { 'remote-dir': 'b' })).Err).toMatch(
      /option "remote-dir" is "b", expected "a"/,
    );
  });

  test('is what another host knows the volume by, whatever it is called here', async () => {
    await start(['a']);
    await plugin.create('db');
    await start(['a'], 'host2');
    expect(await plugin.list()).toEqual(['db@a']);
    expect((await plugin.get('db@a')).Volume?.Name).toBe('db@a');
  });

  test('keeps meaning the same volume when its label is renamed in the settings', async () => {
    await start(['a']);
    await plugin.create('db');
    plugin.stop();
    plugin = await startApiHost(join(folder, 'host'), { remoteDirs: { renamed: dir('a') } });
    expect(await plugin.list()).toEqual(['db']);
    expect((await plugin.get('db')).Volume?.Status).toMatchObject({ state: 'ok', remoteDir: 'renamed' });
  });
});

describe('a remote dir made with options', () => {
  const local = (name: string, more: object = {}) => ({ type: 'local', path: join(folder, name), ...more });

  test('is there for the next volume, and after a restart', async () => {
    await start(['a']);
    expect(await plugin.create('db@new', local('b'))).toEqual({});
    expect(await plugin.create('other@new')).toEqual({});
    await start(['a']);
    expect(await plugin.list()).toEqual(['db@new', 'other@new']);
  });

  test('that exists otherwise is refused with both settings', async () => {
    await start(['a']);
    await plugin.create('db@new', local('b'));
    expect((await plugin.create('x@new', local('c'))).Err).toMatch(/path is ".*\/b", asked for ".*\/c"/);
  });

  test('that led to no share is not kept, so that it can be corrected', async () => {
    await start(['a']);
    expect((await plugin.create('db@new', local('missing'))).Err).toMatch(/does not exist on this host/);
    expect(await plugin.create('db@new', local('b'))).toEqual({});
  });
});
