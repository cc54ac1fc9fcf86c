import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../docker/until.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';

// Docker forgets a volume for good when it is told once that there is none. So a volume this host knows is shown whatever
// has become of its share, with the reason, until a share we have recognised says that it is gone.

let folder: string;
let plugin: ApiHost;
const path = (name: string) => join(folder, name);
const dir = (name: string, more: object = {}) => ({ type: 'local', path: path(name), ...more });

async function start(remoteDirs: Readonly<Record<string, object>>): Promise<void> {
  plugin = await startApiHost(folder, { remoteDirs, mountWait: 0 });
}
async function restart(remoteDirs: Readonly<Record<string, object>>): Promise<void> {
  plugin.stop();
  await start(remoteDirs);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unanswered-'));
  for (const name of ['share', 'other', 'empty']) mkdirSync(path(name));
  await start({ disk: dir('share'), other: dir('other') });
  await plugin.create('db@disk', { mode: '0700' });
  await plugin.create('x@other');
});
afterEach(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

/** What every one of these states has in common. */
async function shownAs(state: string, reason: RegExp): Promise<void> {
  const { Volume } = await plugin.get('db@disk');
  expect(Volume).toMatchObject({
    Name: 'db@disk',
    Status: { state, problem: expect.stringMatching(reason), remoteDir: 'disk' },
  });
  expect(Volume?.CreatedAt).toMatch(/^\d{4}-/);
  expect(await plugin.list()).toContain('db@disk');
  expect((await plugin.mount('db@disk', 'id')).Err).toMatch(/^Cannot mount "db@disk": /);
  expect((await plugin.remove('db@disk')).Err).toMatch(/^Cannot remove "db@disk": /);
  expect((await plugin.get('db@disk')).Volume?.Name).toBe('db@disk');
  expect((await plugin.get('x@other')).Volume?.Status).toMatchObject({ state: 'ok' });
  expect(await plugin.get('never@other')).toEqual({ Err: 'no such volume' });
}

describe('a known volume is shown', () => {
  test('while its share is not there', async () => {
    renameSync(path('share'), path('away'));
    await restart({ disk: dir('share'), other: dir('other') });
    await shownAs('unreachable', /does not exist on this host/);
    expect((await plugin.create('new@disk')).Err).toMatch(/does not answer/);
    renameSync(path('away'), path('share'));
    expect(await plugin.create('db@disk')).toEqual({});
    expect((await plugin.get('db@disk')).Volume?.Status).toMatchObject({ state: 'ok', mode: '0700' });
  });

  test('when its share goes away while the plugin runs', async () => {
    renameSync(path('share'), path('away'));
    expect((await plugin.get('db@disk')).Volume?.Name).toBe('db@disk');
    mkdirSync(path('share'));
    const stateNow = async () => (await plugin.get('db@disk')).Volume?.Status['state'];
    await until('the share was looked at again', 20_000, async () =>
      (await stateNow()) === 'wrong-share' ? true : undefined,
    );
    await shownAs('wrong-share', /has the server started without its data disk/);
  });

  test('when another share is in its place, and both ids are told', async () => {
    const idOf = (name: string) =>
      (JSON.parse(readFileSync(join(path(name), '.nfs-shared/format.json'), 'utf8')) as { id: string }).id;
    await restart({ disk: dir('other'), other: dir('share') });
    const { Volume } = await plugin.get('db@disk');
    expect(Volume?.Status).toMatchObject({ state: 'wrong-share', problem: expect.stringContaining(idOf('other')) });
    expect(Volume?.Status['problem']).toContain(idOf('share'));
    expect((await plugin.create('new@disk')).Err).toMatch(/nfs-shared dirs accept disk/);
    expect(readdirSync(path('other')).sort()).toEqual(['.nfs-shared', 'x']);
  });

  test('when its share is empty, and nothing is made there', async () => {
    await restart({ disk: dir('empty'), other: dir('other') });
    await shownAs('wrong-share', /found no id at all/);
    expect((await plugin.create('db@disk')).Err).toMatch(/not the share this host knows/);
    expect(readdirSync(path('empty'))).toEqual([]);
  });

  test('when its remote dir is no longer configured', async () => {
    await restart({ other: dir('other') });
    await shownAs('not-configured', /no longer configured on this host; the data is untouched/);
    expect((await plugin.create('db@disk')).Err).toMatch(/no remote dir "disk"/);
  });

  test('when the settings of its remote dir have become invalid', async () => {
    await restart({ disk: dir('share', { uid: -1 }), other: dir('other') });
    await shownAs('invalid-config', /settings of remote dir "disk" are not valid: .*uid/);
  });

  test('when its share is of a newer format, and nothing is changed there', async () => {
    writeFileSync(join(path('share'), '.nfs-shared/format.json'), '{"version":2,"id":"later"}');
    const before = readdirSync(join(path('share'), '.nfs-shared'));
    await restart({ disk: dir('share'), other: dir('other') });
    await shownAs('refused', /written in format 2, newer than this plugin knows/);
    expect((await plugin.create('new@disk')).Err).toMatch(/upgrade the plugin/);
    expect(readdirSync(join(path('share'), '.nfs-shared'))).toEqual(before);
    expect(readFileSync(join(path('share'), '.nfs-shared/format.json'), 'utf8')).toBe('{"version":2,"id":"later"}');
  });

  test.each(['', 'not json', '[]', '{"version":1}', '{"version":"1","id":"x"}', '{"version":1,"id":"../x"}'])(
    'when the format file of its share is damaged (%j)',
    async text => {
      writeFileSync(join(path('share'), '.nfs-shared/format.json'), text);
      await restart({ disk: dir('share'), other: dir('other') });
      await shownAs('refused', /cannot be recognised: "\.nfs-shared\/format\.json"/);
      expect(readFileSync(join(path('share'), '.nfs-shared/format.json'), 'utf8')).toBe(text);
    },
  );

  test.each([
    ['no JSON', 'garbage'],
    ['of a later version', '{"version":2}'],
    ['of another folder', '{"version":1,"folder":"other"}'],
    ['empty', ''],
  ])('when its record is %s, and no other volume is hidden by it', async (_, text) => {
    await plugin.create('second@disk');
    writeFileSync(join(path('share'), '.nfs-shared/volumes/db.json'), text);
    await shownAs('record-unreadable', /cannot be read: .*nothing was changed/);
    expect((await plugin.create('db@disk')).Err).toMatch(/record .* cannot be read/);
    expect((await plugin.get('second@disk')).Volume?.Status).toMatchObject({ state: 'ok' });
    expect(await plugin.list()).toEqual(['db@disk', 'second@disk', 'x@other']);
    expect(readFileSync(join(path('share'), '.nfs-shared/volumes/db.json'), 'utf8')).toBe(text);
    expect(readdirSync(path('share'))).toContain('db');
  });

  test('when a link lies in the place of its record, which is not followed', async () => {
    const file = join(path('share'), '.nfs-shared/volumes/db.json');
    renameSync(file, path('elsewhere.json'));
    symlinkSync(path('elsewhere.json'), file);
    await shownAs('record-unreadable', /a symbolic link is in the way/);
  });
});

describe('a volume is gone', () => {
  test('when its own share says so, and then for good', async () => {
    rmSync(join(path('share'), '.nfs-shared/volumes/db.json'));
    expect(await plugin.get('db@disk')).toEqual({ Err: 'no such volume' });
    expect(await plugin.list()).toEqual(['x@other']);
    renameSync(path('share'), path('away'));
    await restart({ disk: dir('share'), other: dir('other') });
    expect(await plugin.list()).toEqual(['x@other']);
  });

  test('when neither a share nor this host has ever known it', async () => {
    renameSync(path('share'), path('away'));
    await restart({ disk: dir('share'), other: dir('other') });
    expect((await plugin.get('never@disk')).Err).toBeDefined();
    expect(await plugin.get('never@nolabel')).toEqual({ Err: 'no such volume' });
  });
});
