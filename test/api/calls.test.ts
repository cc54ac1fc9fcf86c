import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';
import { post } from '../fakes/plugin-socket.ts';

let folder: string;
let share: string;
let plugin: ApiHost;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'api-'));
  share = join(folder, 'share');
  mkdirSync(share);
  plugin = await startApiHost(folder, { remoteDirs: { disk: { type: 'local', path: share } }, linger: 0 });
});
afterEach(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

const verbs = ['Create', 'Remove', 'Mount', 'Unmount', 'Path', 'Get'];
const raw = (path: string, body?: string) => post(plugin.socket, path, body);

describe('every call', () => {
  test('of the handshake is answered from memory', async () => {
    expect(await raw('/Plugin.Activate')).toEqual({ Implements: ['VolumeDriver'] });
    expect(await plugin.call('Capabilities')).toEqual({ Capabilities: { Scope: 'global' } });
  });

  test('in the life of a volume does what it says', async () => {
    expect(await plugin.create('db@disk', { uid: '999', mode: '0750' })).toEqual({});
    expect(statSync(join(share, 'db'))).toMatchObject({ uid: 999 });
    expect(await plugin.list()).toEqual(['db@disk']);
    const mountpoint = join(plugin.root, 'disk', 'db');
    expect((await plugin.get('db@disk')).Volume).toMatchObject({
      Name: 'db@disk',
      Mountpoint: mountpoint,
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      Status: { state: 'ok', remoteDir: 'disk', type: 'local', uid: 999, mode: '0750', version: 'not mounted' },
    });
    expect((await plugin.call('Path', { Name: 'db@disk' })).Err).toMatch(/no container of this host has it mounted/);
    expect(await plugin.mount('db@disk', 'id1')).toEqual({ Mountpoint: mountpoint });
    writeFileSync(join(mountpoint, 'x'), 'through the mount');
    expect(readFileSync(join(share, 'db', 'x'), 'utf8')).toBe('through the mount');
    expect(await plugin.call('Path', { Name: 'db@disk' })).toEqual({ Mountpoint: mountpoint });
    expect(await plugin.remove('db@disk')).toMatchObject({
      Err: expect.stringMatching(/^Cannot remove "db@disk": it is in use by/),
    });
    expect(await plugin.unmount('db@disk', 'id1')).toEqual({});
    expect(await plugin.remove('db@disk')).toEqual({});
    expect(await plugin.get('db@disk')).toEqual({ Err: 'no such volume' });
    expect(await plugin.list()).toEqual([]);
    expect(existsSync(join(share, 'db'))).toBe(false);
  });

  test('may come twice', async () => {
    for (const call of [
      () => plugin.create('db@disk', { mode: '0700' }),
      () => plugin.mount('db@disk', 'same'),
      () => plugin.unmount('db@disk', 'same'),
      () => plugin.unmount('db@disk', 'same'),
      () => plugin.remove('db@disk'),
    ]) {
      const first = await call();
      expect(first.Err).toBeUndefined();
      expect(await call()).toEqual(first);
    }
  });

  test('may come twenty times at once', async () => {
    const twenty = async (call: (n: number) => Promise<unknown>) =>
      new Set((await Promise.all(Array.from({ length: 20 }, (_, n) => call(n)))).map(answer => JSON.stringify(answer)));
    expect([...(await twenty(() => plugin.create('db@disk', { uid: '7' })))]).toEqual(['{}']);
    const mountpoint = join(plugin.root, 'disk', 'db');
    expect([...(await twenty(n => plugin.mount('db@disk', `id${n}`)))]).toEqual([
      JSON.stringify({ Mountpoint: mountpoint }),
    ]);
    const mounts = execFileSync('/bin/cat', ['/proc/self/mountinfo'], { encoding: 'utf8' });
    expect(mounts.split('\n').filter(line => line.includes(` ${join(plugin.root, 'disk')} `))).toHaveLength(1);
    expect((await plugin.get('db@disk')).Volume?.Status).toMatchObject({ references: 20 });
    expect((await twenty(async () => (await plugin.get('db@disk')).Volume?.Name)).size).toBe(1);
    expect([...(await twenty(n => plugin.unmount('db@disk', `id${n}`)))]).toEqual(['{}']);
    expect([...(await twenty(() => plugin.remove('db@disk')))]).toEqual(['{}']);
  });

  test('of twenty volumes at once keeps them apart', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `v${n}@disk`);
    expect(await Promise.all(names.map(name => plugin.create(name)))).toEqual(names.map(() => ({})));
    expect(await plugin.list()).toEqual([...names].sort());
  });
});

describe('what nobody should send', () => {
  test.each(verbs)(
    '%s with an empty body says what is missing, and that the first call may still be at work',
    async verb => {
      // A Get of that kind is not answered at all.
      const empty = verb === 'Get' ? [] : [undefined, ''];
      for (const body of [...empty, '{}', 'null', '[]', '5', '"x"', '{"Name":5}', '{"name":"x"}']) {
        expect((await raw(`/VolumeDriver.${verb}`, body)).Err).toMatch(
          /Name is missing; .*look whether the first one was carried out, and try again/,
        );
      }
    },
  );

  test('Get with an empty body is not answered: Docker would forget the volume that it has asked for', async () => {
    for (const body of [undefined, '']) await expect(raw('/VolumeDriver.Get', body)).rejects.toThrow(/socket hang up/);
    expect(await plugin.create('db@disk')).toEqual({});
    expect((await plugin.get('db@disk')).Volume).toMatchObject({ Name: 'db@disk' });
  });

  test('Mount and Unmount without an ID, options that are no texts, and a map that is none are refused', async () => {
    expect((await plugin.call('Mount', { Name: 'v@disk' })).Err).toMatch(/^Cannot mount "v@disk": .*ID is missing/);
    expect((await plugin.call('Unmount', { Name: 'v@disk' })).Err).toMatch(/ID is missing/);
    expect((await plugin.call('Create', { Name: 'v@disk', Opts: { uid: 5 } })).Err).toMatch(
      /option "uid" is not a text/,
    );
    expect((await plugin.call('Create', { Name: 'v@disk', Opts: ['uid'] })).Err).toMatch(/Opts is not an object/);
    expect(await plugin.list()).toEqual([]);
  });

  test.each([null, {}, undefined])('Create without options (%j) makes a volume with the defaults', async Opts => {
    expect(await plugin.call('Create', { Name: 'v@disk', Opts })).toEqual({});
    expect(statSync(join(share, 'v')).mode & 0o7777).toBe(0o755);
  });

  test('a body that is no JSON, is cut short or is huge is answered in words, and the next call is served', async () => {
    const huge = JSON.stringify({ Name: 'x'.repeat(3 * 1024 * 1024) });
    for (const body of ['{', '\n', 'not json', '{"Name":"v@disk"', huge]) {
      expect((await raw('/VolumeDriver.Create', body)).Err).toMatch(
        /^Cannot answer: the request cannot be understood: /,
      );
    }
    expect(await plugin.create('v@disk')).toEqual({});
  });

  test('a call there is none of, and any other method than POST, are answered with status 200 and an error', async () => {
    expect((await raw('/VolumeDriver.Format', '{}')).Err).toMatch(/there is no call POST \/VolumeDriver\.Format/);
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const asked = httpRequest({ socketPath: plugin.socket, path: '/VolumeDriver.List', method: 'GET' }, response => {
        let text = '';
        response.on('data', part => {
          text += String(part);
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      asked.on('error', reject).end();
    });
    expect(answer).toEqual({ status: 200, text: expect.stringContaining('there is no call GET /VolumeDriver.List') });
  });

  test.each([
    '',
    '..',
    '../x@disk',
    'a/b@disk',
    'a b@disk',
    '-x@disk',
    '.hidden@disk',
    '@disk',
    'x@',
    'x@DISK',
    'v\u0000@disk',
    'v\n@disk',
    `${'x'.repeat(129)}@disk`,
    'lost+found@disk',
    '@eaDir@disk',
    '#recycle@disk',
    '.nfs-shared@disk',
  ])('the name %j is refused by Create and is no volume to Get', async name => {
    expect((await plugin.create(name)).Err).toMatch(/^Cannot create ".*": ".*" is not a volume name: /);
    expect(await plugin.get(name)).toEqual({ Err: 'no such volume' });
    expect((await plugin.mount(name, 'id')).Err).toMatch(/is not a volume name|no such volume/);
    expect(await plugin.unmount(name, 'id')).toEqual({});
    expect(await plugin.list()).toEqual([]);
  });

  test('an option nobody knows is named with the one that was meant, and nothing is made', async () => {
    expect((await plugin.create('v@disk', { uidd: '1' })).Err).toMatch(/no option "uidd"; did you mean "uid"\?$/);
    expect((await plugin.create('v@disk', { capacitty: '5G' })).Err).toMatch(/did you mean "Capacity"/);
    expect((await plugin.create('v@disk', { nonsense: '1' })).Err).toMatch(/no option "nonsense" \(options: .*uid.*\)/);
    expect((await plugin.create('v@disk', { mode: '0999' })).Err).toMatch(/option "mode" is "0999", expected .*octal/);
    expect(existsSync(join(share, 'v'))).toBe(false);
  });

  test('a label there is none of is told with those there are, and is no volume to Get', async () => {
    expect((await plugin.create('v@nas')).Err).toMatch(/there is no remote dir "nas" \(configured: "disk"\)/);
    expect(await plugin.get('v@nas')).toEqual({ Err: 'no such volume' });
  });
});

test('nothing is left mounted once the last user has gone', async () => {
  await plugin.create('db@disk', { access: 'ro' });
  const { Mountpoint } = (await plugin.mount('db@disk', 'id')) as { Mountpoint: string };
  expect(() => writeFileSync(join(Mountpoint, 'x'), '')).toThrow(/EROFS|read-only/);
  await plugin.unmount('db@disk', 'id');
  const end = performance.now() + 10_000;
  const mounted = () => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${join(plugin.root, 'disk')} `);
  while (mounted() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
  expect(mounted()).toBe(false);
});
