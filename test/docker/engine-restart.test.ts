import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { removeContainers } from './stage.ts';
import { until } from './until.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
afterEach(() => removeContainers(stage.docker));

const restart = () => stage.engine.restart();
const killAndStart = async () => {
  await stage.engine.kill();
  await stage.engine.start();
};

describe.each([
  ['restarted', restart],
  ['killed and started', killAndStart],
])('when Docker is %s', (how, interrupt) => {
  const tag = how.split(' ')[0];

  test('volumes are known as before, with all they hold', async () => {
    await stage.create(`kept-${tag}@disk`, { mode: '0710' });
    await stage.run(['-v', `kept-${tag}@disk:/x`], 'echo data > /x/file');
    const before = await stage.volumes();
    await interrupt();

    expect(await stage.volumes()).toEqual(before);
    expect((await stage.inspect(`kept-${tag}@disk`)).Status['state']).toBe('ok');
    expect(await stage.run(['-v', `kept-${tag}@disk:/x`], 'cat /x/file; stat -c %a /x')).toBe('data\n710');
  });

  test('a container that is to run always comes back with its volume', async () => {
    await stage.create(`always-${tag}@disk`);
    await stage.keep('always', '--restart', 'always', '-v', `always-${tag}@disk:/x`);
    await stage.exec('always', 'echo before >> /x/file');
    await interrupt();
    await until('the container runs again', 30_000, () => running('always'));
    await stage.exec('always', 'echo after >> /x/file');

    expect(readFileSync(stage.share(`disk/always-${tag}/file`), 'utf8')).toBe('before\nafter\n');
    expect(await stage.docker.fails('volume', 'rm', `always-${tag}@disk`)).toMatch(/in use/);
  });

  test('a volume whose containers are gone afterwards can be removed', async () => {
    await stage.create(`freed-${tag}@disk`);
    await stage.keep('freed', '--restart', 'always', '-v', `freed-${tag}@disk:/x`);
    await interrupt();
    await removeContainers(stage.docker);

    await stage.docker('volume', 'rm', `freed-${tag}@disk`);
    expect(await stage.volumes()).not.toContain(`freed-${tag}@disk`);
  });
});

async function running(container: string): Promise<true | undefined> {
  const state = await stage.docker('inspect', '--format', '{{.State.Running}} {{.State.Error}}', container);
  return state.startsWith('true') || undefined;
}
