import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { pluginName } from './template.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage();
const configFile = join(stage.folder, 'nfs-shared.json');

const fromFile = (text: string) => {
  writeFileSync(configFile, text);
  return stage.plugin.configure({ REMOTE_DIRS: '', 'config.source': configFile });
};
const good = JSON.stringify({ RemoteDirs: twoDirs });

beforeAll(async () => {
  await fromFile(good);
  for (const volume of ['kept@disk', 'other@second']) await stage.create(volume);
  await stage.run(['-v', 'kept@disk:/x'], 'echo data > /x/file');
});

/** What must hold whatever has become of the settings: Docker remembers the volume as ours and makes no other of its name. */
async function expectNotForgotten(volume: string, state: RegExp): Promise<void> {
  expect(await stage.volumes()).toContain(volume);
  const view = await stage.inspect(volume);
  expect(view.Driver).toBe(pluginName);
  expect(view.Status['state']).toMatch(state);
  expect(await stage.docker('volume', 'ls', '--quiet', '--filter', 'driver=local')).toBe('');
}

describe('a config file', () => {
  test('gives the remote dirs', async () => {
    expect(await stage.volumes()).toEqual(['kept@disk', 'other@second']);
  });

  test.each([
    ['is no JSON any more', '{ "RemoteDirs": { "disk": ', /not-configured|invalid-config/],
    [
      'has a fault in the remote dir',
      JSON.stringify({ RemoteDirs: { ...twoDirs, disk: { type: 'local', path: 'not/absolute' } } }),
      /invalid-config/,
    ],
    ['lacks the remote dir', JSON.stringify({ RemoteDirs: { second: twoDirs.second } }), /not-configured/],
  ])('that %s forgets no volume, and nothing can be started in its place', async (_, text, state) => {
    await fromFile(text);

    await expectNotForgotten('kept@disk', state);
    expect(await stage.runFails(['-v', 'kept@disk:/x'], 'touch /x/lost')).toMatch(/"disk"|config/);
    expect(await stage.docker.fails('volume', 'rm', 'kept@disk')).toMatch(/"disk"|config/);
    await stage.engine.restart();
    await expectNotForgotten('kept@disk', state);
    expect(await stage.runFails(['-v', 'kept@disk:/x'], 'touch /x/lost')).toMatch(/"disk"|config/);
    await expectNotForgotten('kept@disk', state);
    expect(readdirSync(stage.share('disk/kept'))).toEqual(['file']);
  });

  test('with a fault in one remote dir leaves the others at work', async () => {
    await fromFile(JSON.stringify({ RemoteDirs: { ...twoDirs, disk: { type: 'local' } } }));

    expect(await stage.run(['-v', 'other@second:/x'], 'touch /x/fine && ls /x')).toBe('fine');
    expect(await stage.createFails('new@disk')).toMatch(/settings of remote dir "disk" are not valid.*path/);
  });

  test('that is repaired brings everything back', async () => {
    await fromFile(good);

    expect(await stage.run(['-v', 'kept@disk:/x'], 'cat /x/file')).toBe('data');
    expect((await stage.inspect('kept@disk')).Status['state']).toBe('ok');
  });
});

describe('a variable', () => {
  test('that makes no sense is reported, and the volumes stay', async () => {
    await stage.plugin.configure({ 'config.source': '/dev/null', ...remoteDirs(twoDirs), LINGER: 'a while' });

    expect(stage.engine.log()).toMatch(/LINGER/);
    expect(await stage.run(['-v', 'kept@disk:/x'], 'cat /x/file')).toBe('data');
    await stage.plugin.configure({ LINGER: '1' });
  });
});

describe('nothing configured at all', () => {
  test('gives one remote dir in the folder the plugin was given, or in its own', async () => {
    await stage.plugin.configure({ 'config.source': '/dev/null', REMOTE_DIRS: '' });
    mkdirSync(stage.share('empty'));

    await stage.create('first@local');
    expect(await stage.run(['-v', 'first@local:/x'], 'echo works > /x/file; cat /x/file')).toBe('works');
    expect((await stage.inspect('first@local')).Status['state']).toBe('ok');
  });
});
