import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execa, execaSync } from 'execa';
import { image } from './busybox-image.ts';
import { pluginName } from './template.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
const file = join(stage.folder, 'compose.yaml');

// The driver is written with its tag: Compose compares what it asked for with what the engine answers, letter by letter.
const project = `
version: "3.7"
services:
  writer:
    image: ${image}
    command: ["sh", "-c", "echo from-compose > /x/file && exec sleep 600"]
    network_mode: none
    stop_signal: SIGKILL
    volumes: ["data:/x"]
  reader:
    image: ${image}
    command: ["sleep", "600"]
    network_mode: none
    stop_signal: SIGKILL
    volumes: ["data:/y", "made-before:/z"]
    depends_on: [writer]
volumes:
  data:
    name: data@disk
    driver: ${pluginName}
    driver_opts: { uid: "70", mode: "0770" }
  made-before:
    external: true
    name: made-before@second
`;

// As `docker compose` where the machine has it, else as the command of its own that Debian packages.
const asPlugin = execaSync('docker', ['compose', 'version'], { reject: false }).exitCode === 0;
const compose = (...args: readonly string[]) =>
  execa(
    asPlugin ? 'docker' : 'docker-compose',
    [...(asPlugin ? ['compose'] : []), '--project-name', 'shop', '--file', file, ...args],
    {
      env: { DOCKER_HOST: `unix://${stage.engine.socket}`, COMPOSE_INTERACTIVE_NO_CLI: '1' },
      stdin: 'ignore',
      timeout: 90_000,
    },
  );

beforeAll(async () => {
  writeFileSync(file, project);
  await stage.create('made-before@second');
});

describe('a compose file', () => {
  test('makes its volume with its options and its services share it', async () => {
    await compose('up', '--detach');

    const { stdout } = await compose(
      'exec',
      '-T',
      'reader',
      'sh',
      '-c',
      'until cat /y/file; do sleep 0.1; done; stat -c "%u %a" /y',
    );
    expect(stdout).toBe('from-compose\n70 770');
  });

  test('can be brought up again without asking for its volume to be made anew', async () => {
    const { stdout, stderr } = await compose('up', '--detach');

    expect(stdout + stderr).not.toMatch(/recreat|differ/i);
  });

  test('keeps its volume when it is taken down, and finds it again', async () => {
    await compose('down');
    expect(await stage.volumes()).toEqual(['data@disk', 'made-before@second']);
    await compose('up', '--detach');

    expect((await compose('exec', '-T', 'reader', 'cat', '/y/file')).stdout).toBe('from-compose');
  });

  test('removes the volume it made, and no other, when it is taken down with its volumes', async () => {
    await compose('down', '--volumes');

    expect(await stage.volumes()).toEqual(['made-before@second']);
    expect(readdirSync(stage.share('second/volumes'))).toContain('made-before');
  });
});
