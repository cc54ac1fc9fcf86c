import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { removeContainers } from './stage.ts';
import { pluginName } from './template.ts';
import { treeFingerprint } from './tree-fingerprint.ts';
import { until } from './until.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage({
  settings: remoteDirs({ ...twoDirs, store: { type: 'local', path: '/host/local/store', adopt: 'all' } }),
  folders: ['store'],
});
afterEach(() => removeContainers(stage.docker));

function furnish(folder: string): void {
  mkdirSync(join(folder, 'season-1/.hidden'), { recursive: true });
  writeFileSync(join(folder, 'season-1/episode'), 'film\n'.repeat(1000));
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'named like\na "trap" é'), 'x');
  symlinkSync('../../outside', join(folder, 'link'));
  chmodSync(join(folder, 'season-1'), 0o2751);
  for (const path of ['', 'season-1', 'empty']) chownSync(join(folder, path), 1234, 4321);
  utimesSync(join(folder, 'empty'), 1_000_000, 1_000_000);
  chmodSync(folder, 0o1705);
}

beforeAll(() => {
  for (const folder of ['disk/media', 'disk/untouched', 'store/films']) furnish(stage.share(folder));
  mkdirSync(stage.share('disk/lost+found'));
  mkdirSync(stage.share('disk/@eaDir'));
  for (const dir of ['disk', 'store']) {
    symlinkSync('../second', stage.share(dir, 'way-out'));
    symlinkSync('/etc', stage.share(dir, 'etc'));
    writeFileSync(stage.share(dir, 'a-file'), 'text');
  }
  mkdirSync(stage.share('store/lost+found'));
});

describe('a folder that was on the share before us', () => {
  test('is bit for bit as before after it was a volume, was read, and was removed', async () => {
    const before = treeFingerprint(stage.share('disk/media'));
    await stage.create('media@disk');
    expect(treeFingerprint(stage.share('disk/media'))).toEqual(before);

    expect(await stage.run(['-v', 'media@disk:/x:ro'], 'wc -l < /x/season-1/episode; stat -c "%u %g %a" /x')).toBe(
      '1000\n1234 4321 1705',
    );
    expect(await stage.runFails(['-v', 'media@disk:/x:ro'], 'touch /x/new')).toMatch(/read-only/i);
    await stage.docker('volume', 'rm', 'media@disk');
    expect(treeFingerprint(stage.share('disk/media'))).toEqual(before);
    expect(await stage.volumes()).not.toContain('media@disk');
  });

  test('is never given another owner or mode, also when that is asked for', async () => {
    const before = treeFingerprint(stage.share('disk/media'));
    expect(await stage.createFails('media@disk', { uid: '0', mode: '0777' })).toMatch(
      /its owner \S+ and mode \d+ are not changed by a volume plugin/,
    );

    expect(treeFingerprint(stage.share('disk/media'))).toEqual(before);
    expect(await stage.volumes()).not.toContain('media@disk');
  });

  test('that nobody named is no volume and is left alone', async () => {
    const before = treeFingerprint(stage.share('disk/untouched'));
    await stage.create('neighbour@disk', { 'on-remove': 'delete' });
    await stage.run(['-v', 'neighbour@disk:/x'], 'touch /x/file; ln -s ../untouched /x/way; mkdir -p /x/a/b');
    await stage.docker('volume', 'rm', 'neighbour@disk');
    await until('the neighbour was purged', 30_000, () =>
      readdirSync(stage.share('disk/.nfs-shared/trash')).length === 0 ? true : undefined,
    );

    expect(await stage.volumes()).not.toContain('untouched@disk');
    expect(treeFingerprint(stage.share('disk/untouched'))).toEqual(before);
  });

  test.each(['lost+found', '@eaDir', '.nfs-shared'])(
    'and belongs to the system, as %s, cannot be a volume',
    async name => {
      expect(await stage.createFails(`${name}@disk`)).toMatch(/not a volume name|cannot be taken as a volume/);
    },
  );
});

describe.each(['disk', 'store'])('what is no folder on %s', dir => {
  test.each(['way-out', 'etc', 'a-file', 'lost+found'])(
    'as %s, is no volume: neither listed, nor made, nor mounted',
    async name => {
      const before = treeFingerprint(stage.share());
      expect(await stage.createFails(`${name}@${dir}`)).toMatch(
        /not a volume name|cannot be taken as a volume|already on the share/,
      );
      await stage.runFails(['--volume-driver', pluginName, '-v', `${name}@${dir}:/x`], 'touch /x/escaped');

      expect(await stage.volumes()).not.toContain(`${name}@${dir}`);
      expect(treeFingerprint(stage.share()).filter(line => !line.includes('.nfs-shared'))).toEqual(
        before.filter(line => !line.includes('.nfs-shared')),
      );
    },
  );
});

describe('a store whose folders are all volumes', () => {
  test('lists and serves them without anything being made', async () => {
    const before = treeFingerprint(stage.share('store/films'));

    expect(await stage.volumes()).toContain('films@store');
    const mount = 'type=volume,src=films@store,dst=/x,volume-driver=nfs-shared:latest,volume-nocopy';
    expect(await stage.run(['--mount', mount], 'ls /x/season-1')).toBe('episode');
    expect(treeFingerprint(stage.share('store/films'))).toEqual(before);
  });

  test('does not let one be removed', async () => {
    const before = treeFingerprint(stage.share('store/films'));

    expect(await stage.docker.fails('volume', 'rm', 'films@store')).toMatch(/cannot be removed/);
    expect(existsSync(stage.share('store/films/season-1/episode'))).toBe(true);
    expect(treeFingerprint(stage.share('store/films'))).toEqual(before);
  });
});

describe('a folder in which another remote dir lies', () => {
  beforeAll(() =>
    stage.plugin.configure(remoteDirs({ ...twoDirs, whole: { type: 'local', path: '/host/local', adopt: 'all' } })),
  );

  test('is no volume: neither listed, nor made, nor given to a container', async () => {
    expect(await stage.volumes()).not.toContain('second@whole');
    const mounted = ['--volume-driver', pluginName, '-v', 'second@whole:/x'];
    expect(await stage.runFails(mounted, 'ls /x')).toMatch(/"second"/);
    expect(await stage.createFails('second@whole')).toMatch(/"second"/);
  });

  test('is no volume where folders are adopted one by one either', async () => {
    await stage.plugin.configure(remoteDirs({ ...twoDirs, whole: { type: 'local', path: '/host/local' } }));

    expect(await stage.createFails('second@whole')).toMatch(/"second"/);
    expect(await stage.volumes()).not.toContain('second@whole');
  });
});
