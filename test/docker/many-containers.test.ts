import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { image } from './busybox-image.ts';
import { pluginName } from './template.ts';
import { until } from './until.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();
const many = 50;

// Fifty command lines would measure this machine; the engine's interface takes the containers as fast as it makes them.
async function start(number: number): Promise<string> {
  const { body } = await expectStatus(201, 'POST', '/containers/create', {
    Image: image,
    Cmd: ['sh', '-c', `touch /x/${number} && exec sleep 600`],
    HostConfig: { NetworkMode: 'none', Binds: ['crowd@disk:/x'] },
  });
  const { Id } = body as { Id: string };
  await expectStatus(204, 'POST', `/containers/${Id}/start`);
  return Id;
}

async function expectStatus(status: number, method: string, path: string, body?: unknown) {
  const answer = await stage.engine.api.call(method, path, body, 120_000);
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

describe('many containers', () => {
  test(`${many} containers use one volume at once, and when they are gone nobody holds it`, async () => {
    await stage.create('crowd@disk');
    const ids = await Promise.all(Array.from({ length: many }, (_, number) => start(number)));

    const written = () => readdirSync(stage.share('disk/crowd')).length;
    await until('every container has written its file', 30_000, () => written() === many || undefined);
    await Promise.all(ids.map(id => expectStatus(204, 'DELETE', `/containers/${id}?force=1`)));
    await stage.docker('volume', 'rm', 'crowd@disk');
    expect(await stage.volumes()).not.toContain('crowd@disk');
  });

  test('many volumes are made, listed and removed at once', async () => {
    const names = Array.from({ length: many }, (_, number) => `v${number}@${number % 2 === 0 ? 'disk' : 'second'}`);
    const made = await Promise.all(
      names.map(Name => stage.engine.api.call('POST', '/volumes/create', { Name, Driver: pluginName })),
    );

    expect(made.filter(answer => answer.status !== 201)).toEqual([]);
    expect(await stage.volumes()).toEqual(expect.arrayContaining(names));
    await Promise.all(names.map(name => expectStatus(204, 'DELETE', `/volumes/${encodeURIComponent(name)}`)));
    expect((await stage.volumes()).filter(name => names.includes(name))).toEqual([]);
  });
});
