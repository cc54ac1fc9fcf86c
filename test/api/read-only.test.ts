import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { treeFingerprint } from '../docker/tree-fingerprint.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';

let folder: string;
/** Not below the host's: what is mounted there outlives it. */
let server: string;
let share: string;
let plugin: ApiHost | undefined;
const running = () => plugin as ApiHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-only-'));
  server = mkdtempSync(join(tmpdir(), 'read-only-server-'));
  share = join(server, 'share');
  mkdirSync(share);
});
afterEach(() => {
  plugin?.stop();
  plugin = undefined;
  unmountBelow(server);
  for (const each of [folder, server]) rmSync(each, { recursive: true });
});

async function start(settings: object = {}): Promise<ApiHost> {
  plugin?.stop();
  plugin = await startApiHost(folder, {
    remoteDirs: { store: { type: 'local', path: share, ...settings } },
    beatMs: 50,
  });
  return plugin;
}

/** Somebody else's data: nothing of it is ours. */
function fill(): void {
  for (const name of ['films', 'films/old', 'music', 'lost+found']) mkdirSync(join(share, name));
  writeFileSync(join(share, 'films', 'one'), 'one\n');
  writeFileSync(join(share, 'a file'), '');
  symlinkSync('/etc', join(share, 'link'));
  chownSync(join(share, 'films'), 70, 80);
  chmodSync(join(share, 'films'), 0o750);
}

/** Volumes that were made by a host that may write, one of them in trash. */
async function makeVolumes(): Promise<void> {
  const writer = await start();
  expect(await writer.create('films@store', { uid: '70' })).toEqual({});
  expect(await writer.create('music@store', { access: 'ro' })).toEqual({});
  expect(await writer.create('gone@store')).toEqual({});
  expect(await writer.remove('gone@store')).toEqual({});
  writeFileSync(join(share, 'films', 'one'), 'one\n');
  await writer.trash.sweep(writer.shares.get('store'));
  writer.stop();
  plugin = undefined;
}

/** As an export with ro, or a disk that is mounted so. */
function mountReadOnly(): void {
  execFileSync('/bin/mount', ['-n', '--bind', share, share]);
  execFileSync('/bin/mount', ['-n', '-o', 'remount,bind,ro', share]);
}

/** Everything that Docker and time do with a plugin. */
async function wholeRound(settings: object): Promise<void> {
  for (let life = 0; life < 2; life += 1) {
    const host = await start(settings);
    // A list is not kept waiting for a share that has not been opened yet.
    expect(await host.get('films@store')).toHaveProperty('Volume');
    expect(await host.list()).toEqual(['films@store', 'music@store']);
    expect((await host.get('films@store')).Volume?.Status).toMatchObject({ state: 'ok', uid: 70 });
    expect(await host.get('none@store')).toEqual({ Err: 'no such volume' });
    expect(await host.create('films@store')).toEqual({});
    expect((await host.create('new@store')).Err).toMatch(/^Cannot create "new@store": .*read-only/);
    expect(await host.list()).toEqual(['films@store', 'music@store']);

    const { Mountpoint } = (await host.mount('films@store', 'id')) as { Mountpoint: string };
    expect(readFileSync(join(Mountpoint, 'one'), 'utf8')).toBe('one\n');
    expect(() => writeFileSync(join(Mountpoint, 'two'), '')).toThrow(/EROFS/);
    expect(() => chmodSync(Mountpoint, 0o777)).toThrow(/EROFS/);
    expect(await host.get('films@store')).toMatchObject({ Volume: { Mountpoint, Status: { references: 1 } } });
    expect(await host.mount('music@store', 'other')).toMatchObject({ Mountpoint: expect.any(String) });
    // Signs of life, and the sweep that looks for what was left behind.
    await new Promise(resolve => setTimeout(resolve, 200));
    await host.trash.sweep(host.shares.get('store'));
    await host.unmount('films@store', 'id');
    await host.unmount('music@store', 'other');

    expect((await host.remove('films@store')).Err).toMatch(/^Cannot remove "films@store": .*read-only/);
    expect(await host.operator.attachments('store')).toEqual([]);
    expect(await host.list()).toEqual(['films@store', 'music@store']);
  }
}

describe.each([
  ['the setting readOnly', { readOnly: true }, () => {}],
  ['a disk or an export that is read-only', {}, mountReadOnly],
])('with %s, a share', (_, settings, protect) => {
  test('with volumes on it is listed, shown and mounted, and not a byte of it changes', async () => {
    await makeVolumes();
    const before = treeFingerprint(share);
    protect();
    await wholeRound(settings);
    expect((await running().operator.trash('store')).map(({ volume }) => volume)).toEqual(['gone']);
    await expect(running().operator.purge('store', 'x')).rejects.toMatchObject({ code: 'ShareReadOnly' });
    expect(treeFingerprint(share)).toEqual(before);
  });

  test('that was never used by this plugin shows its folders with adopt=all, and not a byte of it changes', async () => {
    fill();
    const before = treeFingerprint(share);
    protect();
    await wholeRound({ ...settings, adopt: 'all' });
    expect(await running().operator.trash('store')).toEqual([]);
    expect(treeFingerprint(share)).toEqual(before);
    expect((await running().get('films@store')).Volume?.Status).toMatchObject({
      shareId: expect.stringMatching(/^none: /),
      readOnly: expect.stringMatching(/read-only/),
    });
  });

  test('that was never used, without adopt=all has no volumes, and says how its folders become some', async () => {
    fill();
    protect();
    const host = await start(settings);
    expect(await host.list()).toEqual([]);
    expect(await host.get('films@store')).toEqual({ Err: 'no such volume' });
    expect((await host.create('films@store')).Err).toMatch(/cannot be taken as a volume: .*set adopt to "all"/);
    expect((await host.mount('films@store', 'id')).Err).toMatch(/no such volume/);
  });

  test('whose folder for the volumes is missing gets none', async () => {
    protect();
    const host = await start({ ...settings, 'vol-path': 'docker/volumes' });
    expect((await host.create('x@store')).Err).toMatch(/the folder .*docker\/volumes is not there/);
    expect(existsSync(join(share, 'docker'))).toBe(false);
  });
});

describe('a share without an id', () => {
  const readOnly = { readOnly: true, adopt: 'all' };

  test('that is empty all at once is taken for another one: its volumes stay known, and nobody gets an empty folder', async () => {
    fill();
    await start(readOnly);
    expect(await running().list()).toEqual(['films@store', 'music@store']);
    await start(readOnly);
    const aside = join(folder, 'aside');
    execFileSync('mv', [share, aside]);
    mkdirSync(share);
    expect(await running().list()).toEqual(['films@store', 'music@store']);
    const { Volume } = await running().get('films@store');
    expect(Volume?.Status).toMatchObject({
      state: 'wrong-share',
      problem: expect.stringMatching(/that one has no id but there was something in it, and this one is empty/),
    });
    expect((await running().mount('films@store', 'id')).Err).toMatch(/not the share this host knows/);
    rmSync(share, { recursive: true });
    execFileSync('mv', [aside, share]);
    expect(await running().mount('films@store', 'id')).toMatchObject({ Mountpoint: expect.any(String) });
  });

  test('that is empty on purpose is accepted as it is', async () => {
    fill();
    await start(readOnly);
    expect(await running().list()).toEqual(['films@store', 'music@store']);
    execFileSync('sh', ['-c', `rm -rf ${share}/*`]);
    await running().list();
    expect(running().shares.get('store').state).toBe('wrong-share');
    expect(await running().operator.accept('store')).toBe('without an id');
    expect(await running().list()).toEqual([]);
    mkdirSync(join(share, 'later'));
    expect(await running().list()).toEqual(['later@store']);
  });

  test('that gets one, now that it may be written to, keeps its volumes under the names they have', async () => {
    fill();
    await start(readOnly);
    expect(await running().create('films', { 'remote-dir': 'store' })).toEqual({});
    expect(await running().list()).toEqual(['films', 'music@store']);
    await start({ adopt: 'all' });
    expect(await running().list()).toEqual(['films', 'music@store']);
    await start({ adopt: 'all' });
    expect(await running().list()).toEqual(['films', 'music@store']);
    expect((await running().get('films')).Volume?.Status).toMatchObject({
      shareId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await running().create('new@store')).toEqual({});
  });

  test('can be written to by containers that start after its disk has become writable', async () => {
    fill();
    mountReadOnly();
    await start({ adopt: 'all' });
    const mount = async (id: string) =>
      ((await running().mount('music@store', id)) as { Mountpoint: string }).Mountpoint;
    const path = await mount('first');
    expect(() => writeFileSync(join(path, 'x'), '')).toThrow(/EROFS/);
    execFileSync('/bin/umount', [share]);
    // The plugin tries again, but not more often than every few seconds.
    await new Promise(resolve => setTimeout(resolve, 5100));
    writeFileSync(join(await mount('second'), 'x'), '');
  });

  test('is asked again whether it may be written to when somebody wants to: an export changes without a word', async () => {
    fill();
    mountReadOnly();
    await start({ adopt: 'all' });
    expect((await running().create('new@store')).Err).toMatch(/read-only for this host/);
    execFileSync('/bin/umount', [share]);
    expect(await running().create('new@store')).toEqual({});
    expect(existsSync(join(share, '.nfs-shared', 'format.json'))).toBe(true);
    expect(await running().list()).toEqual(['films@store', 'music@store', 'new@store']);
  });
});

describe('a volume of a read-only remote dir', () => {
  test('is used under the options it has, and under no others', async () => {
    await makeVolumes();
    await start({ readOnly: true });
    expect(await running().create('films@store', { uid: '70', access: 'ro' })).toEqual({});
    expect((await running().create('films@store', { access: 'rw' })).Err).toMatch(/access is "ro", asked for "rw"/);
    expect((await running().create('films@store', { mode: '0700' })).Err).toMatch(/exists with other options/);
    expect((await running().get('films@store')).Volume?.Status).toMatchObject({ access: 'ro' });
  });

  test('shows the other hosts that have it, and they are watched without a sign of our own', async () => {
    await makeVolumes();
    const [other, token] = [randomUUID(), randomUUID()];
    const sign = { host: { id: other, name: 'web3' }, since: '2026-11-21T09:30:00.000Z' };
    const file = join(share, '.nfs-shared', 'attachments', 'films', `attached.${other}.${token}`);
    writeFileSync(file, JSON.stringify(sign));
    const before = treeFingerprint(share);
    await start({ readOnly: true });
    const { Volume } = await running().get('films@store');
    expect(Volume?.Status['otherHosts']).toEqual([expect.stringMatching(/^host "web3"/)]);
    await new Promise(resolve => setTimeout(resolve, 500));
    expect(treeFingerprint(share)).toEqual(before);
  });

  test.each([
    ['being removed', (id: string) => `removing.${id}.${id}`, /it is being removed/, /it is being removed/],
    ['half made', (id: string) => `creating.${id}`, /is used read-only/, /no such volume/],
  ])('that is %s is left to those who may write there', async (_, sign, created, mounted) => {
    await makeVolumes();
    const ours = (path: string) => join(share, '.nfs-shared', path);
    const { id } = JSON.parse(readFileSync(ours('volumes/films.json'), 'utf8')) as { id: string };
    writeFileSync(ours(`attachments/films/${sign(id)}`), '');
    const before = treeFingerprint(share);
    await start({ readOnly: true });
    expect((await running().create('films@store')).Err).toMatch(created);
    expect((await running().mount('films@store', 'id')).Err).toMatch(mounted);
    await running().trash.sweep(running().shares.get('store'));
    expect(treeFingerprint(share)).toEqual(before);
  });

  test('can be read by containers that had it before, and written again when the setting is taken out', async () => {
    await makeVolumes();
    await start({ readOnly: true });
    const { Mountpoint } = (await running().mount('films@store', 'id')) as { Mountpoint: string };
    expect(() => writeFileSync(join(Mountpoint, 'two'), '')).toThrow(/EROFS/);
    await start();
    await running().mount('films@store', 'id2');
    writeFileSync(join(Mountpoint, 'two'), '');
  });

  test('can be made with -o for a label of its own', async () => {
    fill();
    await start();
    mkdirSync(join(folder, 'other', 'docs'), { recursive: true });
    const options = { type: 'local', path: join(folder, 'other'), adopt: 'all' };
    expect((await running().create('docs@more', { ...options, readOnly: 'yes' })).Err).toMatch(
      /readOnly: expected true or false, found "yes"/,
    );
    expect(await running().create('docs@more', { ...options, readOnly: 'true' })).toEqual({});
    expect(await running().list()).toEqual(['docs@more']);
    expect(existsSync(join(folder, 'other', '.nfs-shared'))).toBe(false);
  });
});
