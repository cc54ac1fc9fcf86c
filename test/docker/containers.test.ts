import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { furnished, image } from './busybox-image.ts';
import { removeContainers } from './stage.ts';
import { pluginName } from './template.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
afterEach(() => removeContainers(stage.docker));

describe('volumes in containers', () => {
  test('what one container writes the next one reads', async () => {
    await stage.create('notes@disk');
    await stage.run(['-v', 'notes@disk:/x'], 'echo hello > /x/file');

    expect(await stage.run(['-v', 'notes@disk:/y'], 'cat /y/file')).toBe('hello');
    expect(readFileSync(stage.share('disk/notes/file'), 'utf8')).toBe('hello\n');
  });

  test('two running containers share one volume', async () => {
    await stage.create('shared@disk');
    await stage.keep('one', '-v', 'shared@disk:/x');
    await stage.keep('two', '-v', 'shared@disk:/x');

    await stage.exec('one', 'echo from-one > /x/file');
    expect(await stage.exec('two', 'cat /x/file')).toBe('from-one');
  });

  test('inspect counts the containers that use a volume', async () => {
    await stage.create('counted@disk');
    const references = async () => (await stage.inspect('counted@disk')).Status['references'];
    expect(await references()).toBe(0);
    await stage.keep('first', '-v', 'counted@disk:/x');
    await stage.keep('second', '-v', 'counted@disk:/x');
    expect(await references()).toBe(2);

    await removeContainers(stage.docker);
    expect(await references()).toBe(0);
  });

  test('docker run makes the volume on the way when it names the driver', async () => {
    await stage.run(['--volume-driver', pluginName, '-v', 'sudden@disk:/x'], 'echo here > /x/file');

    expect(readFileSync(stage.share('disk/sudden/file'), 'utf8')).toBe('here\n');
  });

  test('docker run --mount takes the options of the new volume', async () => {
    const mount = `type=volume,src=opted@disk,dst=/x,volume-driver=${pluginName},volume-opt=uid=70,volume-opt=mode=0700`;

    expect(await stage.run(['--mount', mount], 'stat -c "%u %a" /x')).toBe('70 700');
  });

  test('docker run --mount says which option is wrong', async () => {
    const mount = `type=volume,src=bad@disk,dst=/x,volume-driver=${pluginName},volume-opt=uidd=70`;

    expect(await stage.runFails(['--mount', mount], 'true')).toMatch(/did you mean "uid"/);
  });

  test('one volume stands at two places of one container', async () => {
    await stage.create('double@disk');
    await stage.keep('twice', '-v', 'double@disk:/x', '-v', 'double@disk:/y');
    await stage.exec('twice', 'echo same > /x/file');

    expect(await stage.exec('twice', 'cat /y/file')).toBe('same');
    await removeContainers(stage.docker);
    await stage.docker('volume', 'rm', 'double@disk');
  });

  test('stop, start, restart, pause and kill keep the data', async () => {
    await stage.create('lasting@disk');
    await stage.keep('lasting', '-v', 'lasting@disk:/x');
    await stage.exec('lasting', 'echo 1 >> /x/file');
    for (const verb of ['stop', 'start', 'restart', 'pause', 'unpause', 'kill', 'start'])
      await stage.docker(verb, 'lasting');
    await stage.exec('lasting', 'echo 2 >> /x/file');

    expect(await stage.exec('lasting', 'cat /x/file')).toBe('1\n2');
  });

  test('removing a container with its anonymous volumes keeps the named one', async () => {
    await stage.create('named@disk');
    await stage.keep('user', '-v', 'named@disk:/x');
    await stage.exec('user', 'touch /x/file');
    await stage.docker('rm', '--force', '--volumes', 'user');

    expect(await stage.run(['-v', 'named@disk:/x'], 'ls /x')).toBe('file');
  });

  test('a container that cannot be started does not hold its volume', async () => {
    await stage.create('unheld@disk');
    await stage.docker.fails(
      'run',
      '--name',
      'broken',
      '--network',
      'none',
      '-v',
      'unheld@disk:/x',
      image,
      '/no/such/program',
    );
    await stage.docker('rm', 'broken');

    await stage.docker('volume', 'rm', 'unheld@disk');
    expect(await stage.volumes()).not.toContain('unheld@disk');
  });
});

describe('reading only', () => {
  test('a volume mounted with :ro cannot be written, another container still can', async () => {
    await stage.create('either@disk');

    expect(await stage.runFails(['-v', 'either@disk:/x:ro'], 'touch /x/file')).toMatch(/read-only file system/i);
    await stage.run(['-v', 'either@disk:/x'], 'touch /x/file');
  });

  test('a volume made with access=ro cannot be written from inside any container', async () => {
    mkdirSync(stage.share('disk/manual'));
    writeFileSync(stage.share('disk/manual/page'), 'text\n');
    await stage.create('manual@disk', { access: 'ro' });
    await stage.create('beside@disk');
    const mounts = ['-v', 'manual@disk:/x', '-v', 'beside@disk:/y'];

    expect(await stage.run(mounts, 'cat /x/page; touch /y/file && ls /y')).toBe('text\nfile');
    expect(await stage.runFails(mounts, 'echo more >> /x/page')).toMatch(/read-only file system/i);
    expect(await stage.runFails(mounts, 'rm /x/page')).toMatch(/read-only file system/i);
    expect(readFileSync(stage.share('disk/manual/page'), 'utf8')).toBe('text\n');
  });
});

describe('what the image has at that place', () => {
  const look = `stat -c "%u %a" ${furnished.folder}; ls ${furnished.folder}`;

  test('is copied into a new volume, with owner and mode of the folder', async () => {
    await stage.create('filled@disk');

    const seen = await stage.run(['-v', `filled@disk:${furnished.folder}`], look);
    expect(seen).toBe(`${furnished.owner} ${furnished.mode}\n${furnished.file}`);
    // Docker mounts once more for the copy, and that use has to be over as well.
    await stage.docker('volume', 'rm', 'filled@disk');
  });

  test('is not copied with nocopy: owner and mode stay those of the volume', async () => {
    await stage.create('bare@disk', { uid: '70', mode: '0700' });

    expect(await stage.run(['-v', `bare@disk:${furnished.folder}:nocopy`], look)).toBe('70 700');
  });

  test('is not copied into a volume that holds something', async () => {
    await stage.create('holding@disk');
    await stage.run(['-v', 'holding@disk:/x'], 'touch /x/already');

    expect(await stage.run(['-v', `holding@disk:${furnished.folder}`], `ls ${furnished.folder}`)).toBe('already');
  });
});
