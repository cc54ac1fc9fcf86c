import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { removeContainers } from './stage.ts';
import { pluginName } from './template.ts';
import { until } from './until.ts';
import { useStage } from './use-stage.ts';

const stage = useStage({ settings: { LINGER: '1', MOUNT_WAIT: '5' } });
const disk = () => stage.share('disk');
const away = () => stage.share('disk-moved-away');

beforeAll(async () => {
  await stage.create('kept@disk');
  await stage.create('other@second');
  await stage.run(['-v', 'kept@disk:/x'], 'echo data > /x/file');
});
afterEach(async () => {
  await removeContainers(stage.docker);
  if (!existsSync(away())) return;
  rmSync(disk(), { recursive: true, force: true });
  renameSync(away(), disk());
});

async function expectKnown(state: string): Promise<void> {
  await until(
    `inspect says ${state}`,
    15_000,
    async () => (await stage.inspect('kept@disk')).Status['state'] === state || undefined,
  );
  expect(await stage.volumes()).toEqual(['kept@disk', 'other@second']);
  expect((await stage.inspect('kept@disk')).Driver).toBe(pluginName);
  expect(await stage.docker('volume', 'ls', '--quiet', '--filter', 'driver=local')).toBe('');
}

describe('a share that has become an empty folder', () => {
  beforeEach(() => {
    renameSync(disk(), away());
    mkdirSync(disk());
  });

  test('is called the wrong share, and its volumes stay known, also when Docker is restarted', async () => {
    await expectKnown('wrong-share');
    await stage.engine.restart();
    await expectKnown('wrong-share');
  });

  test('takes no new volume, no container and no removal, and says both ids', async () => {
    const id = (JSON.parse(readFileSync(`${away()}/.nfs-shared/format.json`, 'utf8')) as { id: string }).id;
    await expectKnown('wrong-share');
    const refusals = [
      await stage.createFails('new@disk'),
      await stage.runFails(['-v', 'kept@disk:/x'], 'touch /x/wrong'),
      await stage.docker.fails('volume', 'rm', 'kept@disk'),
    ];

    for (const refusal of refusals) {
      expect(refusal).toContain(`its id was ${id}, found no id at all`);
      expect(refusal).toContain('say so with nfs-shared dirs accept disk');
    }
    expect(readdirSync(disk())).toEqual([]);
    await expectKnown('wrong-share');
  });

  test('does not disturb another remote dir', async () => {
    await expectKnown('wrong-share');

    expect(await stage.run(['-v', 'other@second:/x'], 'touch /x/fine && ls /x')).toBe('fine');
  });
});

describe('a share that is replaced under a running container', () => {
  test('stays what it was for that container, and no other is started on the new one', async () => {
    await stage.keep('running', '-v', 'kept@disk:/x');
    renameSync(disk(), away());
    mkdirSync(disk());
    await expectKnown('wrong-share');

    expect(await stage.exec('running', 'echo more >> /x/log; cat /x/file')).toBe('data');
    expect(readFileSync(`${away()}/kept/log`, 'utf8')).toBe('more\n');
    expect(await stage.runFails(['-v', 'kept@disk:/x'], 'true')).toMatch(/not the share this host knows/);
    expect(readdirSync(disk())).toEqual([]);
  });
});

describe('a share that is gone', () => {
  beforeEach(() => renameSync(disk(), away()));

  test('is called unreachable, and its volumes stay known, also when Docker is restarted', async () => {
    await expectKnown('unreachable');
    await stage.engine.restart();
    await expectKnown('unreachable');
  });

  test('refuses with the reason', async () => {
    await expectKnown('unreachable');

    expect(await stage.createFails('new@disk')).toMatch(/share of remote dir "disk" does not answer/);
    expect(await stage.runFails(['-v', 'kept@disk:/x'], 'true')).toMatch(/share of remote dir "disk" does not answer/);
    expect(await stage.docker.fails('volume', 'rm', 'kept@disk')).toMatch(/share of remote dir "disk" does not answer/);
    expect(existsSync(disk())).toBe(false);
  });
});

describe('a share that is back', () => {
  test('in time lets a container start that was waiting for it', async () => {
    renameSync(disk(), away());
    await expectKnown('unreachable');
    const waiting = stage.run(['-v', 'kept@disk:/x'], 'cat /x/file');
    // Long enough for Docker to have asked for the mount, which is what has to wait.
    await sleep(1000);
    renameSync(away(), disk());

    expect(await waiting).toBe('data');
  });

  test('is used again without anybody doing anything', async () => {
    renameSync(disk(), away());
    await expectKnown('unreachable');
    renameSync(away(), disk());

    await expectKnown('ok');
    expect(await stage.run(['-v', 'kept@disk:/x'], 'cat /x/file')).toBe('data');
  });
});
