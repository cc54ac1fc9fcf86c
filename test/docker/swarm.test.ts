import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { image } from './busybox-image.ts';
import { freePort } from './free-port.ts';
import { pluginName } from './template.ts';
import { until } from './until.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();

beforeAll(async () => {
  const address = ['--advertise-addr', '127.0.0.1', '--listen-addr', `127.0.0.1:${await freePort()}`];
  await stage.docker('swarm', 'init', ...address);
});
afterEach(async () => {
  const services = (await stage.docker('service', 'ls', '--quiet')).split('\n').filter(id => id !== '');
  if (services.length > 0) await stage.docker('service', 'rm', ...services);
  await until(
    'the tasks are gone',
    30_000,
    async () => (await stage.docker('ps', '--all', '--quiet')) === '' || undefined,
  );
});

async function service(name: string, replicas: number, mount: string, command: string): Promise<void> {
  const settings = ['--name', name, '--replicas', String(replicas), '--stop-signal', 'KILL', '--mount', mount];
  await stage.docker('service', 'create', '--detach', '--no-resolve-image', ...settings, image, 'sh', '-c', command);
  await running(name, replicas);
}

async function running(name: string, replicas: number): Promise<void> {
  const format = '{{.CurrentState}} {{.Error}}';
  await until(`${replicas} tasks of ${name} run`, 60_000, async () => {
    const states = (
      await stage.docker('service', 'ps', '--filter', 'desired-state=running', '--format', format, name)
    ).split('\n');
    return states.filter(state => state.startsWith('Running')).length === replicas || undefined;
  });
}

const onShare = (volume: string) => readdirSync(stage.share('disk', volume)).sort();
const mountOf = (volume: string, more = '') => `type=volume,src=${volume},dst=/x,volume-driver=${pluginName}${more}`;

describe('a swarm service', () => {
  test('places its tasks here: the node offers the plugin by its name', async () => {
    const plugins = await stage.docker('node', 'inspect', 'self', '--format', '{{json .Description.Engine.Plugins}}');

    expect(JSON.parse(plugins)).toContainEqual({ Type: 'Volume', Name: pluginName });
  });

  test('makes its volume with its options, and all its tasks share it', async () => {
    await service(
      'writers',
      3,
      mountOf('common@disk', ',volume-opt=mode=1777'),
      'touch /x/$(hostname) && exec sleep 600',
    );

    await until('every task has written', 20_000, () => onShare('common').length === 3 || undefined);
    expect(await stage.volumes()).toEqual(['common@disk']);
    expect(await stage.run(['-v', 'common@disk:/x'], 'stat -c %a /x')).toBe('1777');
  });

  test('keeps its data over scaling, an update and its end', async () => {
    await service('log', 1, mountOf('log@disk'), 'echo line >> /x/log && exec sleep 600');
    await stage.docker('service', 'scale', '--detach', 'log=2');
    await running('log', 2);
    await stage.docker('service', 'update', '--detach', '--force', '--env-add', 'A=1', 'log');
    await until('both tasks were replaced', 60_000, () => lines('log') === 4 || undefined);
    await stage.docker('service', 'rm', 'log');

    expect(await stage.volumes()).toContain('log@disk');
    expect(lines('log')).toBe(4);
  });

  test('gives every task a volume of its own where its name asks for it', async () => {
    await service('slots', 2, mountOf('slot-{{.Task.Slot}}@disk'), 'echo mine > /x/file && exec sleep 600');

    await until(
      'both wrote',
      20_000,
      () => (onShare('slot-1').length === 1 && onShare('slot-2').length === 1) || undefined,
    );
    expect(await stage.volumes()).toEqual(expect.arrayContaining(['slot-1@disk', 'slot-2@disk']));
  });

  test('leaves a volume that can be removed when it is gone', async () => {
    await service('short', 1, mountOf('short@disk'), 'exec sleep 600');
    await stage.docker('service', 'rm', 'short');
    await until(
      'its task is gone',
      30_000,
      async () => (await stage.docker('ps', '--all', '--quiet')) === '' || undefined,
    );
    await stage.docker('volume', 'rm', 'short@disk');

    expect(await stage.volumes()).not.toContain('short@disk');
  });
});

function lines(volume: string): number {
  return readFileSync(stage.share('disk', volume, 'log'), 'utf8').split('\n').length - 1;
}
