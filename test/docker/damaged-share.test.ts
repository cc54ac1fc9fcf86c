import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pluginName } from './template.ts';
import { until } from './until.ts';
import { useStage } from './use-stage.ts';

const stage = useStage({ settings: { LINGER: '1', MOUNT_WAIT: '2' } });

beforeAll(async () => {
  for (const volume of ['good@disk', 'deleted@disk', 'swapped@disk', 'garbled@disk', 'far@second'])
    await stage.create(volume);
  await stage.run(['-v', 'good@disk:/x'], 'echo data > /x/file');
});

const expectGood = async () => expect(await stage.run(['-v', 'good@disk:/x'], 'cat /x/file')).toBe('data');

describe('one volume damaged on the share', () => {
  test('whose folder was deleted there is told so, and no empty one is put in its place', async () => {
    rmSync(stage.share('disk/deleted'), { recursive: true });

    expect(await stage.runFails(['-v', 'deleted@disk:/x'], 'touch /x/file')).toMatch(
      /folder .*deleted.* is not on the share/,
    );
    expect(existsSync(stage.share('disk/deleted'))).toBe(false);
    expect((await stage.inspect('deleted@disk')).Driver).toBe(pluginName);
    await expectGood();
  });

  test('whose folder was replaced by a link is not followed out of the share', async () => {
    rmSync(stage.share('disk/swapped'), { recursive: true });
    symlinkSync('../second/volumes/far', stage.share('disk/swapped'));

    await stage.runFails(['-v', 'swapped@disk:/x'], 'touch /x/escaped');
    expect(existsSync(stage.share('second/volumes/far/escaped'))).toBe(false);
    await expectGood();
  });

  test('whose record cannot be read hides no other, and is removed by nobody', async () => {
    writeFileSync(stage.share('disk/.nfs-shared/volumes/garbled.json'), '{"version":');

    expect(await stage.volumes()).toEqual(expect.arrayContaining(['good@disk', 'garbled@disk']));
    expect(await stage.docker.fails('volume', 'rm', 'garbled@disk')).toMatch(/record .*garbled\.json/);
    expect(existsSync(stage.share('disk/garbled'))).toBe(true);
    expect((await stage.inspect('garbled@disk')).Driver).toBe(pluginName);
    await expectGood();
  });
});

describe.each([
  ['is of a newer format', '{"version":999,"id":"11111111-1111-4111-8111-111111111111"}'],
  ['has an unreadable mark', '{"version":1,"id":'],
])('a share that %s', (_, text) => {
  const mark = () => stage.share('disk/.nfs-shared/format.json');
  const aside = () => `${mark()}.aside`;

  afterEach(() => renameSync(aside(), mark()));

  test('is left alone: nothing is made, mounted or removed, and no volume is forgotten', async () => {
    const before = await stage.volumes();
    renameSync(mark(), aside());
    writeFileSync(mark(), text);
    const changed = async () => (await stage.inspect('good@disk')).Status['state'] !== 'ok' || undefined;
    await until('the plugin has noticed', 15_000, changed);

    await stage.createFails('new@disk');
    await stage.runFails(['-v', 'good@disk:/x'], 'true');
    await stage.docker.fails('volume', 'rm', 'good@disk');
    expect(readFileSync(mark(), 'utf8')).toBe(text);
    expect(existsSync(stage.share('disk/new'))).toBe(false);
    expect(await stage.volumes()).toEqual(before);
    await stage.engine.restart();
    expect(await stage.volumes()).toEqual(before);
    expect(await stage.docker('volume', 'ls', '--quiet', '--filter', 'driver=local')).toBe('');
  });
});

describe('a share that is whole again', () => {
  test('is used again', async () => {
    await until(
      'the plugin has noticed',
      15_000,
      async () => (await stage.inspect('good@disk')).Status['state'] === 'ok' || undefined,
    );

    await expectGood();
  });
});
