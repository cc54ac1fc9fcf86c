import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mountsBelow, parseMountTable, readMountTable } from '../../src/mounts/mount-table.ts';
import type { Namespace } from '../../src/mounts/mount-users.ts';
import { until } from '../docker/until.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';
import { NfsByBind } from '../fakes/nfs-by-bind.ts';
import { type HostSettings, startHost } from '../fakes/plugin-host.ts';

// Folders named by the options of Docker's built-in driver, over the plugin's socket, with file servers that are folders of
// this machine.

jest.setTimeout(60_000);
let folder: string;
let nfs: NfsByBind;
let plugin: ApiHost;
let namespaces: Namespace[];

const builtIn = (path: string, more = '') => ({ type: 'nfs', o: `addr=10.0.0.5,rw${more}`, device: `:${path}` });
const onServer = (path: string) => nfs.path(path);

async function start(more: Partial<HostSettings> = {}): Promise<void> {
  plugin = await startApiHost(folder, {
    remoteDirs: { disk: { type: 'local', path: join(folder, 'share') } },
    network: nfs,
    readNamespaces: async () => namespaces,
    mountWait: 1,
    linger: 0.05,
    ...more,
  });
}

async function restart(more: Partial<HostSettings> = {}): Promise<void> {
  plugin.stop();
  await start(more);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'direct-'));
  mkdirSync(join(folder, 'share'));
  nfs = new NfsByBind(join(folder, 'server'), ['/export']);
  mkdirSync(onServer('/export/media'), { mode: 0o751 });
  writeFileSync(onServer('/export/media/film'), 'film');
  namespaces = [];
  await start();
});
afterEach(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

async function mounted(name: string, id = 'id'): Promise<string> {
  const { Mountpoint, Err } = await plugin.mount(name, id);
  if (typeof Mountpoint !== 'string') throw new Error(Err);
  return Mountpoint;
}
const controlMounts = () => mountsBelow(readMountTable(), join(folder, 'run', 'control'));
const dataMounts = () => mountsBelow(readMountTable(), plugin.root);

/** A container with this folder of the server at /data. */
function container(source: string): Namespace {
  const id = 'c'.repeat(64);
  return {
    pid: 77,
    entries: parseMountTable(
      `100 90 0:40 / / rw - overlay overlay rw
101 100 8:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw
102 100 0:55 / /data rw - nfs4 ${source} rw
`,
    ),
  };
}

describe('a folder with the options of the built-in driver', () => {
  test('is the volume itself: containers get exactly it, nothing is written there, and rm only forgets it', async () => {
    const before = statSync(onServer('/export/media'), { bigint: true });
    expect(await plugin.create('media', builtIn('/export/media', ',vers=4.2,nolock,soft'))).toEqual({});
    expect(await plugin.list()).toEqual(['media']);

    const path = await mounted('media');
    expect(path.startsWith(`${plugin.root}/`)).toBe(true);
    expect(readdirSync(path)).toEqual(['film']);
    expect((await plugin.get('media')).Volume?.Mountpoint).toBe(path);
    expect(await plugin.call('Path', { Name: 'media' })).toEqual({ Mountpoint: path });
    await plugin.unmount('media', 'id');
    expect(await plugin.remove('media')).toEqual({});

    expect(await plugin.list()).toEqual([]);
    expect(await plugin.get('media')).toEqual({ Err: 'no such volume' });
    expect(readFileSync(onServer('/export/media/film'), 'utf8')).toBe('film');
    expect(readdirSync(onServer('/export/media'))).toEqual(['film']);
    const after = statSync(onServer('/export/media'), { bigint: true });
    expect([after.ctimeNs, after.mode, after.uid]).toEqual([before.ctimeNs, before.mode, before.uid]);
    expect(readdirSync(onServer('/export'))).toEqual(['media']);
  });

  test('is mounted hard, without setuid and devices, and with what was asked for', async () => {
    await plugin.create('media', builtIn('/export/media', ',noatime'));
    await mounted('media');
    const { source, options } = nfs.mounted.at(-1) ?? { source: '', options: [] };
    expect(source).toBe('10.0.0.5:/export/media');
    expect(options).toEqual(expect.arrayContaining(['hard', 'lookupcache=positive', 'noatime', 'nosuid', 'nodev']));
    expect(options).not.toContain('ro');
    const control = nfs.mounted[0]?.options;
    expect(control).toEqual(expect.arrayContaining(['soft', 'nosharecache', 'nosuid', 'nodev']));
  });

  test('inspect says what is so, and what such a volume does not have', async () => {
    await plugin.create('media', { ...builtIn('/export/media'), group: 'films' });
    await mounted('media');
    const { Volume } = await plugin.get('media');
    expect(Volume?.CreatedAt).toMatch(/^\d{4}-/);
    expect(Volume?.Status).toMatchObject({
      state: 'ok',
      type: 'nfs4',
      server: '10.0.0.5',
      source: '10.0.0.5:/export/media',
      remotePath: '/export/media',
      version: '4.2',
      access: 'rw',
      group: 'films',
      onRemove: 'retain',
      references: 1,
      otherHosts: expect.stringContaining('not tracked'),
      shareId: expect.stringContaining('none'),
      remoteDir: expect.stringContaining('none'),
      options: { type: 'nfs', device: ':/export/media' },
    });
  });

  test('that is missing is made when it is the last one of its path, and what was mounted for that goes at once', async () => {
    expect(await plugin.create('photos', builtIn('/export/photos'))).toEqual({});
    const { mode } = statSync(onServer('/export/photos'));
    expect(mode & 0o777).toBe(0o755);
    expect(readdirSync(onServer('/export/photos'))).toEqual([]);
    expect(readdirSync(await mounted('photos'))).toEqual([]);
    await until('nothing of our own is mounted', 10_000, () => (controlMounts().length === 0 ? true : undefined));
  });

  test('is not made with more than its last folder missing, and the words say which server and which folder', async () => {
    expect((await plugin.create('deep', builtIn('/export/a/b'))).Err).toMatch(
      /^Cannot create "deep": 10\.0\.0\.5:\/export\/a\/b cannot be mounted: .* there is no folder \/export\/a\/b in it; and it cannot be made in \/export\/a: .* no folder \/export\/a in it/,
    );
    expect(readdirSync(onServer('/export'))).toEqual(['media']);
    expect(await plugin.list()).toEqual([]);
  });

  test.each(['nfs4', 'nfs3'])('that the server (%s) does not export is refused with what it exports', async type => {
    expect((await plugin.create('x', { ...builtIn('/nowhere/x'), type })).Err).toMatch(
      /^Cannot create "x": 10\.0\.0\.5:\/nowhere\/x cannot be mounted: .*does not export \/nowhere\/x to this host \(exports: \/export\)/,
    );
    expect(existsSync(onServer('/nowhere'))).toBe(false);
  });

  test('that NFSv3 exports by itself is found without a look at what lies above it', async () => {
    expect(await plugin.create('all', { ...builtIn('/export'), type: 'nfs3' })).toEqual({});
    expect(nfs.mounted.map(({ source }) => source)).toEqual(['10.0.0.5:/export']);
    expect(await plugin.create('new', { ...builtIn('/export/new', ',vers=3') })).toEqual({});
    expect(nfs.mounted.slice(1).map(({ source }) => source)).toEqual(['10.0.0.5:/export/new', '10.0.0.5:/export']);
  });

  test('that is gone later is not made again: what lies there may be the wrong disk', async () => {
    await plugin.create('media', builtIn('/export/media'));
    rmSync(onServer('/export/media'), { recursive: true });
    expect((await plugin.mount('media', 'id')).Err).toMatch(
      /^Cannot mount "media": 10\.0\.0\.5:\/export\/media cannot be mounted: .*no folder \/export\/media in it/,
    );
    expect(existsSync(onServer('/export/media'))).toBe(false);
    expect((await plugin.get('media')).Volume?.Status['references']).toBe(0);
  });

  test.each([
    ['o=ro', { type: 'nfs', o: 'addr=10.0.0.5,ro', device: ':/export/media' }],
    ['access=ro', { type: 'nfs', o: 'addr=10.0.0.5', device: ':/export/media', access: 'ro' }],
  ])('by %s can be read and not changed', async (_, options) => {
    expect(await plugin.create('media', options)).toEqual({});
    const path = await mounted('media');
    expect(readFileSync(join(path, 'film'), 'utf8')).toBe('film');
    expect(() => writeFileSync(join(path, 'new'), '')).toThrow('EROFS');
    expect((await plugin.get('media')).Volume?.Status['access']).toBe('ro');
  });

  test('may be two volumes, read-only under one name, and each goes without the other', async () => {
    expect(await plugin.create('one', builtIn('/export/media'))).toEqual({});
    expect(await plugin.create('two', { ...builtIn('/export/media'), o: 'addr=10.0.0.5,ro' })).toEqual({});
    const [one, two] = [await mounted('one', 'a'), await mounted('two', 'b')];
    writeFileSync(join(one, 'seen'), 'by both');
    expect(readFileSync(join(two, 'seen'), 'utf8')).toBe('by both');
    namespaces = [container('10.0.0.5:/export/media')];
    await plugin.unmount('two', 'b');
    expect(await plugin.remove('two')).toEqual({});
    expect((await plugin.remove('one')).Err).toMatch(/it is in use by container cccccccccccc/);
    expect(await plugin.list()).toEqual(['one']);
  });
});

describe('its name', () => {
  test('has no label, and is nobody elses until it was given to Create here', async () => {
    expect(await plugin.get('media')).toEqual({ Err: 'no such volume' });
    expect((await plugin.mount('media', 'id')).Err).toMatch(/no such volume/);
    expect((await plugin.remove('media')).Err).toMatch(/no such volume/);
    expect((await plugin.create('media@disk', builtIn('/export/media'))).Err).toMatch(
      /^Cannot create "media@disk": .*its name has no "@disk"/,
    );
    expect((await plugin.create('../x', builtIn('/export/media'))).Err).toMatch(/not a volume name/);
    expect(nfs.mounted).toEqual([]);
  });

  test('can be created again with the same options or with none, and the differences of others are told', async () => {
    const options = builtIn('/export/media', ',noatime,soft');
    await plugin.create('media', options);
    const asked = nfs.mounted.length;
    expect(await plugin.create('media', options)).toEqual({});
    expect(await plugin.create('media')).toEqual({});
    expect(await plugin.create('media', { o: 'soft,noatime,addr=10.0.0.5' })).toEqual({});
    expect(await plugin.create('media', { type: 'nfs4', device: '10.0.0.5:/export//media/', access: 'rw' })).toEqual(
      {},
    );
    expect(nfs.mounted).toHaveLength(asked);
    const { Err } = await plugin.create('media', {
      type: 'nfs',
      o: 'addr=10.0.0.6,noatime,soft,ro',
      device: ':/export/other',
    });
    expect(Err).toMatch(
      /it exists with other options: o is "addr=10\.0\.0\.5,noatime,soft", asked for "addr=10\.0\.0\.6/,
    );
    expect(Err).toContain('device is ":/export/media", asked for ":/export/other"');
    expect(Err).toContain('access is "rw", asked for "ro"');
  });

  test('is not that of another volume, whichever came first', async () => {
    await plugin.create('db');
    expect((await plugin.create('db', builtIn('/export/media'))).Err).toMatch(
      /this host knows the volume "db@disk" by the name "db"; take another name/,
    );
    await plugin.create('media', builtIn('/export/media'));
    expect((await plugin.create('media', { uid: '5' })).Err).toMatch(/uid: the folder keeps the owner/);
    expect(await plugin.create('media@disk')).toEqual({});
    expect(await plugin.list()).toEqual(['db', 'media', 'media@disk']);
    expect((await plugin.get('media@disk')).Volume?.Status['remoteDir']).toBe('disk');
  });
});

describe('a server that is silent', () => {
  test('keeps nobody from making a mistake at once, nor from listing, looking and removing', async () => {
    await plugin.create('media', builtIn('/export/media'));
    nfs.answers = false;
    expect((await plugin.create('new', builtIn('/export/new'))).Err).toMatch(
      /^Cannot create "new": the server of "10\.0\.0\.5:\/export\/new" does not answer: nothing came back/,
    );
    expect(await plugin.list()).toEqual(['media']);
    const shown = (await plugin.get('media')).Volume;
    expect(shown).toMatchObject({ Name: 'media', Status: { state: 'unreachable', problem: 'nothing came back' } });
    expect(shown?.Status['since']).toMatch(/^\d{4}-/);
    expect((await plugin.mount('media', 'id')).Err).toMatch(/^Cannot mount "media": the server of .* does not answer/);
    expect(await plugin.remove('media')).toEqual({});
  });

  test('is waited for by a container that starts', async () => {
    await restart({ mountWait: 20 });
    await plugin.create('media', builtIn('/export/media'));
    nfs.answers = false;
    const asked = nfs.probes;
    const mounting = plugin.mount('media', 'id');
    await until('it was asked again', 20_000, () => (nfs.probes > asked + 1 ? true : undefined));
    nfs.answers = true;
    expect(readdirSync(String((await mounting)['Mountpoint']))).toEqual(['film']);
  });
});

describe('the mount of the folder', () => {
  test('is let go after its last use, and kept while a container has it', async () => {
    await plugin.create('media', builtIn('/export/media'));
    const path = await mounted('media');
    namespaces = [container('10.0.0.5:/export/media/season')];
    await plugin.unmount('media', 'id');
    await new Promise(resolve => setTimeout(resolve, 500));
    expect(dataMounts().map(({ mountPoint }) => mountPoint)).toEqual([path]);
    expect((await plugin.get('media')).Volume?.Status['usedBy']).toEqual(['container cccccccccccc']);
    namespaces = [];
    await plugin.mount('media', 'again');
    await plugin.unmount('media', 'again');
    await until('it is unmounted', 20_000, () => (dataMounts().length === 0 ? true : undefined));
    expect(await plugin.call('Path', { Name: 'media' })).toMatchObject({ Err: expect.stringMatching(/no path now/) });
  });

  test('that is stale is replaced', async () => {
    await plugin.create('media', builtIn('/export/media'));
    const path = await mounted('media', 'a');
    const asked = nfs.mounted.length;
    nfs.stale = 'Stale file handle';
    expect(await mounted('media', 'b')).toBe(path);
    expect(dataMounts()).toHaveLength(1);
    // The kernel may give the new one the number of the old one.
    expect(nfs.mounted).toHaveLength(asked + 1);
  });

  test('of a volume that is made anew with other options is another one', async () => {
    await restart({ linger: 60 });
    await plugin.create('media', { ...builtIn('/export/media'), o: 'addr=10.0.0.5,ro' });
    await mounted('media');
    await plugin.unmount('media', 'id');
    await plugin.remove('media');
    await plugin.create('media', builtIn('/export/media'));
    const path = await mounted('media');
    writeFileSync(join(path, 'new'), 'written');
    expect(readFileSync(onServer('/export/media/new'), 'utf8')).toBe('written');
  });

  test('outlives the plugin, which takes it up again', async () => {
    await plugin.create('media', builtIn('/export/media'));
    const path = await mounted('media');
    // A second life on the same folders: of the first one nothing but its mounts counts any more.
    const second = startHost(folder, {
      remoteDirs: {},
      network: nfs,
      mounts: false,
      readNamespaces: async () => namespaces,
    });
    const asked = nfs.mounted.length;
    expect((await second.all.list()).map(({ name }) => name)).toContain('media');
    expect(await second.all.mount('media', 'id')).toBe(path);
    expect(nfs.mounted).toHaveLength(asked);
    second.stop();
  });
});

describe("this host's memory of it", () => {
  const file = () => join(plugin.state, 'direct.jsonl');
  const errors = () => plugin.logged.filter(line => Number(line['level']) >= 50).map(line => JSON.stringify(line));

  test('outlives a restart, is for root alone, and is gone after rm', async () => {
    await plugin.create('media', builtIn('/export/media'));
    const { Volume } = await plugin.get('media');
    await restart();
    expect((await plugin.get('media')).Volume).toMatchObject({
      CreatedAt: Volume?.CreatedAt,
      Mountpoint: Volume?.Mountpoint,
    });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    await plugin.remove('media');
    await restart();
    expect(await plugin.list()).toEqual([]);
  });

  test('that is damaged is kept aside and reported, and only what cannot be read is lost', async () => {
    await plugin.create('media', builtIn('/export/media'));
    writeFileSync(file(), `garbage\n${readFileSync(file(), 'utf8')}`);
    await restart();
    expect(readdirSync(plugin.state).filter(name => name.startsWith('direct.jsonl.corrupt-'))).toHaveLength(1);
    expect(errors().join()).toMatch(/memory of direct volumes/);
    expect((await plugin.get('media')).Volume?.Status['state']).toBe('ok');
  });

  test.each(['null', '{"version":2}', '{"version":1,"id":"x"}'])(
    'that is not understood (%s) is reported and shown: Docker would forget what it is told is not there',
    async text => {
      plugin.stop();
      writeFileSync(file(), `["media",${text}]\n`);
      await start();
      expect(errors().join()).toMatch(/not understood/);
      expect(await plugin.list()).toEqual(['media']);
      const { Volume } = await plugin.get('media');
      expect(Volume?.Status).toMatchObject({
        state: 'invalid-config',
        problem: expect.stringMatching(/not understood/),
      });
      expect((await plugin.mount('media', 'id')).Err).toMatch(/remove the volume and create it again/);
      expect(await plugin.remove('media')).toEqual({});
      expect(await plugin.create('media', builtIn('/export/media'))).toEqual({});
    },
  );

  test('that cannot be written is no success: Docker would count on it', async () => {
    mkdirSync(file());
    expect((await plugin.create('media', builtIn('/export/media'))).Err).toMatch(/own memory .* cannot be written/);
    expect(await plugin.list()).toEqual([]);
    rmSync(file(), { recursive: true });
    expect(await plugin.create('media', builtIn('/export/media'))).toEqual({});
  });
});

test('a password that was meant for another protocol is in no answer and in no log', async () => {
  const secret = 'hunter2';
  const o = `addr=10.0.0.5,username=me,password=${secret}`;
  const { Err } = await plugin.create('media', { type: 'nfs', o, device: `://me:${secret}@host/x` });
  expect(Err).toMatch(/mount option "\(hidden\)" is for another protocol/);
  const cifs = await plugin.create('media', { type: 'cifs', o, device: '//host/share' });
  const known = await plugin.create('ok', builtIn('/export/media'));
  const changed = await plugin.create('ok', { o });
  expect(known).toEqual({});
  expect(JSON.stringify([Err, cifs, changed, plugin.logged])).not.toContain(secret);
});
