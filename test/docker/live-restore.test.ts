import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { removeContainers } from './stage.ts';
import { useStage } from './use-stage.ts';

const stage = useStage({ liveRestore: true });
afterEach(() => removeContainers(stage.docker));

describe.each([
  ['stopped', () => stage.engine.stop()],
  ['killed', () => stage.engine.kill()],
])('with live-restore, when Docker is %s and started', (how, end) => {
  test('containers and the plugin go on meanwhile, and the volume is free after the last of them', async () => {
    await stage.create(`live-${how}@disk`);
    await stage.keep('live', '-v', `live-${how}@disk:/x`);
    const plugin = await stage.plugin.processId();
    await end();
    await stage.engine.start();

    expect(await stage.plugin.processId()).toBe(plugin);
    await stage.exec('live', 'echo on >> /x/file');
    expect(readFileSync(stage.share(`disk/live-${how}/file`), 'utf8')).toBe('on\n');
    expect(await stage.docker.fails('volume', 'rm', `live-${how}@disk`)).toMatch(/in use/);
    await removeContainers(stage.docker);
    await stage.docker('volume', 'rm', `live-${how}@disk`);
    expect(await stage.volumes()).not.toContain(`live-${how}@disk`);
  });
});
