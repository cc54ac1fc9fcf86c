import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { image } from './busybox-image.ts';
import { removeContainers } from './stage.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
let desk = '';

beforeAll(() => {
  desk = mkdtempSync('/var/tmp/nfs-shared-desk-');
  writeFileSync(join(desk, 'in'), 'from the host\n');
});
afterEach(() => removeContainers(stage.docker));
afterAll(() => rmSync(desk, { recursive: true, force: true }));

describe('docker cp', () => {
  test('copies into and out of the volume of a running container, which goes on using it', async () => {
    await stage.create('live@disk');
    await stage.keep('live', '-v', 'live@disk:/x');
    // Docker mounts with the container's own id once more and unmounts it again: the container's use must survive that.
    for (const _ of [1, 2, 3]) await stage.docker('cp', join(desk, 'in'), 'live:/x/file');
    await stage.docker('cp', 'live:/x/file', join(desk, 'out'));

    expect(readFileSync(join(desk, 'out'), 'utf8')).toBe('from the host\n');
    await stage.exec('live', 'echo still here >> /x/file');
    expect(readFileSync(stage.share('disk/live/file'), 'utf8')).toBe('from the host\nstill here\n');
    expect(await stage.docker.fails('volume', 'rm', 'live@disk')).toMatch(/in use/);
  });

  test('leaves nothing behind that keeps the volume in use', async () => {
    await stage.create('free@disk');
    await stage.keep('free', '-v', 'free@disk:/x', '-v', 'free@disk:/y');
    await stage.docker('cp', join(desk, 'in'), 'free:/y/file');
    await removeContainers(stage.docker);

    await stage.docker('volume', 'rm', 'free@disk');
    expect(await stage.volumes()).not.toContain('free@disk');
  });

  test('copies into and out of the volume of a stopped container', async () => {
    await stage.create('still@disk');
    await stage.docker('create', '--name', 'still', '--network', 'none', '-v', 'still@disk:/x', image, 'true');
    await stage.docker('cp', join(desk, 'in'), 'still:/x/file');
    await stage.docker('cp', 'still:/x/file', join(desk, 'out-of-stopped'));

    expect(readFileSync(stage.share('disk/still/file'), 'utf8')).toBe('from the host\n');
    expect(readFileSync(join(desk, 'out-of-stopped'), 'utf8')).toBe('from the host\n');
    await removeContainers(stage.docker);
    await stage.docker('volume', 'rm', 'still@disk');
  });
});
