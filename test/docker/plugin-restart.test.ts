import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { removeContainers } from './stage.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
afterEach(() => removeContainers(stage.docker));

const crash = () => stage.plugin.crash();
const disableAndEnable = async () => {
  await stage.plugin.disable();
  await stage.plugin.enable();
};

describe.each([
  ['the plugin has crashed', crash, 'crash'],
  ['the plugin was disabled by force and enabled again', disableAndEnable, 'disable'],
])('when %s under running containers', (_, interrupt, tag) => {
  test('the containers go on reading and writing', async () => {
    const volume = `going-${tag}@disk`;
    await stage.create(volume);
    await stage.keep('going', '-v', `${volume}:/x`);
    await stage.exec('going', 'echo before >> /x/file');
    await interrupt();
    await stage.exec('going', 'echo after >> /x/file');

    expect(readFileSync(stage.share(`disk/going-${tag}/file`), 'utf8')).toBe('before\nafter\n');
  });

  test('new containers see the same data, never an empty folder', async () => {
    const volume = `same-${tag}@disk`;
    await stage.create(volume);
    await stage.keep('old', '-v', `${volume}:/x`);
    await stage.exec('old', 'echo one >> /x/file');
    await interrupt();
    await stage.keep('new', '-v', `${volume}:/x`);
    await stage.exec('new', 'echo two >> /x/file');

    expect(await stage.exec('old', 'cat /x/file')).toBe('one\ntwo');
  });

  test('the volume is still in use, and free when the last container is gone', async () => {
    const volume = `used-${tag}@disk`;
    await stage.create(volume);
    await stage.keep('user', '-v', `${volume}:/x`);
    await interrupt();

    expect(await stage.docker.fails('volume', 'rm', volume)).toMatch(/in use/);
    const unasked = await stage.plugin.call('Remove', JSON.stringify({ Name: volume }));
    expect(unasked.body).toEqual({ Err: expect.stringMatching(/in use/) });
    // Docker has lost the unmount of a container that ended in between, or sends one nobody knows any more: both are normal.
    await removeContainers(stage.docker);
    await stage.docker('volume', 'rm', volume);
    expect(await stage.volumes()).not.toContain(volume);
  });

  test('a container that stops in the same moment frees its volume', async () => {
    const volume = `ending-${tag}@disk`;
    await stage.create(volume);
    await stage.keep('ending', '-v', `${volume}:/x`);
    if (tag === 'disable') {
      await stage.plugin.disable();
      await stage.docker('rm', '--force', 'ending');
      await stage.plugin.enable();
    } else {
      await Promise.all([interrupt(), stage.docker('rm', '--force', 'ending')]);
    }

    await stage.docker('volume', 'rm', volume);
    expect(await stage.volumes()).not.toContain(volume);
  });

  test('volumes and their options are still known', async () => {
    const volume = `known-${tag}@disk`;
    await stage.create(volume, { mode: '0711' });
    await interrupt();

    expect(await stage.volumes()).toContain(volume);
    const view = await stage.inspect(volume);
    expect(view.Status['state']).toBe('ok');
    expect(JSON.stringify(view.Status)).toContain('0711');
  });
});

describe('disabling the plugin', () => {
  test('is refused by Docker while it has volumes', async () => {
    await stage.create('anchor@disk');

    expect(await stage.docker.fails('plugin', 'disable', 'nfs-shared:latest')).toMatch(/in use/);
  });

  test('is quick: the plugin ends when it is told to', async () => {
    const before = performance.now();
    await stage.plugin.disable();
    const seconds = (performance.now() - before) / 1000;
    await stage.plugin.enable();

    // Docker kills a plugin that has not ended after ten seconds.
    expect(seconds).toBeLessThan(8);
  });
});
