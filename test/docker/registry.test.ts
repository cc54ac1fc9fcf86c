import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { type Registry, startRegistry } from './registry.ts';
import { removeContainers } from './stage.ts';
import { pluginFolder, pluginName } from './template.ts';
import { treeFingerprint } from './tree-fingerprint.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage();
let registry: Registry | undefined;
const reference = (tag: string) => `${registry?.address}/nfs-shared:${tag}`;

beforeAll(async () => {
  registry = await startRegistry(join(stage.folder, 'registry'));
  await stage.plugin.disable();
  await stage.docker('plugin', 'rm', pluginName);
  await push('v1', pluginFolder());
  await push('v2', await secondVersion());
});
afterAll(() => registry?.stop());

async function push(tag: string, folder: string): Promise<void> {
  await stage.docker('plugin', 'create', reference(tag), folder);
  await stage.docker('plugin', 'push', reference(tag));
  await stage.docker('plugin', 'rm', reference(tag));
}

async function secondVersion(): Promise<string> {
  const folder = join(stage.folder, 'v2');
  await execa('cp', ['-a', pluginFolder(), folder]);
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object;
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, description: 'the second version' }));
  return folder;
}

// One story: each test goes on where the one before has ended.
describe('a plugin from a registry', () => {
  test('is installed, set up and enabled with one command', async () => {
    const settings = Object.entries({ ...remoteDirs(twoDirs), 'local.source': stage.share() }).map(
      ([name, value]) => `${name}=${value}`,
    );
    await stage.docker(
      'plugin',
      'install',
      '--alias',
      pluginName,
      '--grant-all-permissions',
      reference('v1'),
      ...settings,
    );

    await stage.create('kept@disk', { mode: '0750' });
    await stage.create('rubbish@disk');
    await stage.run(['-v', 'kept@disk:/x'], 'echo data > /x/file');
    await stage.run(['-v', 'rubbish@disk:/x'], 'echo removed > /x/file');
    await stage.docker('volume', 'rm', 'rubbish@disk');
    expect(await stage.volumes()).toEqual(['kept@disk']);
  });

  test('is upgraded under a running container; volumes, trash and memory survive', async () => {
    await stage.keep('user', '-v', 'kept@disk:/x');
    const before = [
      readFileSync(stage.share('disk/.nfs-shared/format.json'), 'utf8'),
      readdirSync(stage.share('disk/.nfs-shared/trash')),
    ];
    await stage.plugin.disable();
    await stage.docker(
      'plugin',
      'upgrade',
      '--grant-all-permissions',
      '--skip-remote-check',
      pluginName,
      reference('v2'),
    );

    // The engine puts the sources of mounts back to their defaults: the share is not there, and nothing may be forgotten.
    await stage.plugin.enable();
    expect(await stage.docker('plugin', 'inspect', '--format', '{{.Config.Description}}', pluginName)).toBe(
      'the second version',
    );
    expect(await stage.volumes()).toEqual(['kept@disk']);
    expect((await stage.inspect('kept@disk')).Driver).toBe(pluginName);

    await stage.plugin.configure({ 'local.source': stage.share() });
    expect(await stage.exec('user', 'cat /x/file')).toBe('data');
    expect((await stage.inspect('kept@disk')).Status['state']).toBe('ok');
    expect(await stage.run(['-v', 'kept@disk:/x'], 'cat /x/file; stat -c %a /x')).toBe('data\n750');
    const after = [
      readFileSync(stage.share('disk/.nfs-shared/format.json'), 'utf8'),
      readdirSync(stage.share('disk/.nfs-shared/trash')),
    ];
    expect(after).toEqual(before);
  });

  test('is removed by force under a running container, and not one byte on the share is lost', async () => {
    await stage.run(['-v', 'kept@disk:/x'], 'mkdir -p /x/a/b && echo deep > /x/a/b/c');
    const before = contents();
    await stage.docker('plugin', 'rm', '--force', pluginName);

    expect(contents()).toEqual(before);
    expect(await stage.exec('user', 'cat /x/a/b/c')).toBe('deep');
    expect(existsSync(stage.share('disk/kept/a/b/c'))).toBe(true);
  });

  test('finds its volumes on the share when it is installed anew, and the old container can go', async () => {
    const settings = Object.entries({ ...remoteDirs(twoDirs), 'local.source': stage.share() }).map(
      ([name, value]) => `${name}=${value}`,
    );
    await stage.docker(
      'plugin',
      'install',
      '--alias',
      pluginName,
      '--grant-all-permissions',
      reference('v2'),
      ...settings,
    );

    expect(await stage.volumes()).toEqual(['kept@disk']);
    expect(await stage.run(['--volume-driver', pluginName, '-v', 'kept@disk:/x'], 'cat /x/a/b/c')).toBe('deep');
    await removeContainers(stage.docker);
    await stage.docker('volume', 'rm', 'kept@disk');
    expect(await stage.volumes()).toEqual([]);
  });
});

/** What users have there; what the plugin notes about hosts and attachments may come and go. */
function contents(): string[] {
  return treeFingerprint(stage.share('disk'), ['.nfs-shared/hosts', '.nfs-shared/attachments', '.nfs-shared 4']);
}
