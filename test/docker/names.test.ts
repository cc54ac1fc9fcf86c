import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { image } from './busybox-image.ts';
import { removeContainers } from './stage.ts';
import { pluginName } from './template.ts';
import { until } from './until.ts';
import { remoteDirs, useStage } from './use-stage.ts';

// One remote dir only: a name need not say where it is.
const stage = useStage({ settings: remoteDirs({ disk: { type: 'local', path: '/host/local/disk' } }) });
afterEach(() => removeContainers(stage.docker));

const folders = () => readdirSync(stage.share('disk')).filter(name => !name.startsWith('.'));

describe('names without a remote dir', () => {
  test('mean the only remote dir there is', async () => {
    await stage.create('plain');
    await stage.run(['-v', 'plain:/x'], 'touch /x/file');

    expect(readdirSync(stage.share('disk/plain'))).toEqual(['file']);
    expect(await stage.volumes()).toContain('plain');
  });

  test('are the one spelling of that volume on this host', async () => {
    await stage.create('once');

    expect(await stage.createFails('once@disk')).toMatch(/knows the volume as "once"/);
    expect(await stage.docker.fails('volume', 'inspect', 'once@disk')).toMatch(/no such volume/i);
    expect((await stage.volumes()).filter(name => name.startsWith('once'))).toEqual(['once']);
  });

  test('cannot be given to a volume known by its long name', async () => {
    await stage.create('long@disk');

    expect(await stage.createFails('long')).toMatch(/knows the volume as "long@disk"/);
  });

  test('cannot be used to remove a volume in use behind its back', async () => {
    await stage.create('held');
    await stage.keep('holder', '-v', 'held:/x');
    // Docker counts the users of each name by itself; the other spelling has none, so this reaches the plugin.
    await stage.docker.fails('volume', 'rm', 'held@disk');
    for (const Name of ['held', 'held@disk']) {
      expect((await stage.plugin.call('Remove', JSON.stringify({ Name }))).body).toEqual({
        Err: expect.stringMatching(/in use|no such volume/),
      });
    }

    await stage.exec('holder', 'echo fine > /x/file');
    expect(readdirSync(stage.share('disk/held'))).toEqual(['file']);
  });

  test('stay with their volume when a second remote dir comes', async () => {
    await stage.create('rooted');
    await stage.run(['-v', 'rooted:/x'], 'touch /x/here');
    await stage.plugin.configure(
      remoteDirs({
        another: { type: 'local', path: '/host/local/second/volumes' },
        disk: { type: 'local', path: '/host/local/disk' },
      }),
    );

    expect(await stage.run(['-v', 'rooted:/x'], 'ls /x')).toBe('here');
    expect(await stage.createFails('rootless')).toMatch(/NAME@LABEL/);
    await stage.plugin.configure(remoteDirs({ disk: { type: 'local', path: '/host/local/disk' } }));
  });

  test('that are not ours stay with the local driver', async () => {
    expect(await stage.run(['-v', 'somebody-elses:/x'], 'ls /x')).toBe('');

    expect(await stage.volumes()).not.toContain('somebody-elses');
    expect(existsSync(stage.share('disk/somebody-elses'))).toBe(false);
  });
});

describe('anonymous volumes', () => {
  test('leave nothing behind after docker run --rm', async () => {
    const before = folders();
    expect(await stage.run(['--volume-driver', pluginName, '-v', '/x'], 'touch /x/file && ls /x')).toBe('file');

    expect(folders()).toEqual(before);
    const trash = stage.share('disk/.nfs-shared/trash');
    await until('the data is purged', 20_000, () => !existsSync(trash) || readdirSync(trash).length === 0 || undefined);
    expect((await stage.volumes()).filter(name => /^[0-9a-f]{64}/.test(name))).toEqual([]);
  });

  test('are removed with their container by docker rm --volumes', async () => {
    await stage.docker(
      'run',
      '--name',
      'brief',
      '--network',
      'none',
      '--volume-driver',
      pluginName,
      '-v',
      '/x',
      image,
      'true',
    );
    expect((await stage.volumes()).filter(name => /^[0-9a-f]{64}/.test(name))).toHaveLength(1);
    await stage.docker('rm', '--volumes', 'brief');

    expect((await stage.volumes()).filter(name => /^[0-9a-f]{64}/.test(name))).toEqual([]);
  });
});
