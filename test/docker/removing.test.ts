import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { image } from './busybox-image.ts';
import { removeContainers } from './stage.ts';
import { until } from './until.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage({
  settings: remoteDirs({
    ...twoDirs,
    scratch: { type: 'local', path: '/host/local/scratch', onRemove: 'delete' },
    archive: { type: 'local', path: '/host/local/archive', onRemove: 'retain' },
  }),
  folders: ['scratch', 'archive'],
});
afterEach(() => removeContainers(stage.docker));

const trash = (dir: string) => {
  const folder = stage.share(dir, '.nfs-shared/trash');
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe('removing a volume', () => {
  test('moves its data into the trash of the share, all of it', async () => {
    await stage.create('old@disk');
    await stage.run(['-v', 'old@disk:/x'], 'mkdir /x/deep && echo precious > /x/deep/file');
    await stage.docker('volume', 'rm', 'old@disk');

    expect(await stage.volumes()).not.toContain('old@disk');
    expect(existsSync(stage.share('disk/old'))).toBe(false);
    const kept = trash('disk').find(name => name.endsWith('-old'));
    expect(readFileSync(stage.share('disk/.nfs-shared/trash', kept ?? 'none', 'data/deep/file'), 'utf8')).toBe(
      'precious\n',
    );
  });

  test('a new volume of that name starts empty', async () => {
    await stage.create('reborn@disk');
    await stage.run(['-v', 'reborn@disk:/x'], 'touch /x/before');
    await stage.docker('volume', 'rm', 'reborn@disk');
    await stage.create('reborn@disk');

    expect(await stage.run(['-v', 'reborn@disk:/x'], 'ls /x')).toBe('');
  });

  test('deletes it where the remote dir says so', async () => {
    await stage.create('gone@scratch');
    await stage.run(['-v', 'gone@scratch:/x'], 'echo much > /x/file');
    await stage.docker('volume', 'rm', 'gone@scratch');

    expect(existsSync(stage.share('scratch/gone'))).toBe(false);
    await until('the data is purged', 20_000, () => trash('scratch').length === 0 || undefined);
  });

  test('leaves the folder where the remote dir says so, and it can be taken again', async () => {
    await stage.create('kept@archive');
    await stage.run(['-v', 'kept@archive:/x'], 'echo kept > /x/file');
    await stage.docker('volume', 'rm', 'kept@archive');

    expect(await stage.volumes()).not.toContain('kept@archive');
    expect(readFileSync(stage.share('archive/kept/file'), 'utf8')).toBe('kept\n');
    await stage.create('kept@archive');
    expect(await stage.run(['-v', 'kept@archive:/x'], 'cat /x/file')).toBe('kept');
  });

  test('leaves a folder that was there before us', async () => {
    mkdirSync(stage.share('disk/media'));
    writeFileSync(stage.share('disk/media/film'), 'film\n');
    await stage.create('media@disk');
    await stage.docker('volume', 'rm', 'media@disk');

    expect(await stage.volumes()).not.toContain('media@disk');
    expect(readFileSync(stage.share('disk/media/film'), 'utf8')).toBe('film\n');
  });
});

describe('removing a volume that is in use', () => {
  test.each(['running', 'stopped', 'never started'])('is refused while a container is %s', async kind => {
    await stage.create('busy@disk');
    if (kind === 'never started') {
      await stage.docker('create', '--name', 'user', '--network', 'none', '-v', 'busy@disk:/x', image, 'true');
    } else {
      await stage.keep('user', '-v', 'busy@disk:/x');
      if (kind === 'stopped') await stage.docker('stop', 'user');
    }

    expect(await stage.docker.fails('volume', 'rm', 'busy@disk')).toMatch(/in use/);
    expect(await stage.docker.fails('volume', 'rm', '--force', 'busy@disk')).toMatch(/in use/);
    expect(existsSync(stage.share('disk/busy'))).toBe(true);
  });

  test('works once the container is gone', async () => {
    await stage.create('idle@disk');
    await stage.run(['-v', 'idle@disk:/x'], 'true');
    await stage.docker('volume', 'rm', 'idle@disk');

    expect(existsSync(stage.share('disk/idle'))).toBe(false);
  });
});
