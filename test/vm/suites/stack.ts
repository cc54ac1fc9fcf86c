// A swarm of two nodes, and a stack whose replicas share one volume wherever they run.

import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { pluginName } from '../guest/names.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { deploy, removeStack, SERVICE, VOLUME } from './crew.ts';
import { formSwarm, leaveSwarm, readyNodes, runningTasks } from './swarm.ts';

const SHARE = '/srv/nas-stack';
const LISTED = `${pluginName} ${VOLUME}`;

export const stack: Suite = {
  name: 'stack',
  hosts: ['a', 'b'],
  remoteDirs: { 'nas-stack': { type: 'nfs4', addr: serverAddress, path: SHARE } },
  prepare: ({ server }) => server.export(SHARE),
  cases: [
    {
      title: 'two hosts become a swarm, and each node offers the plugin by its name',
      seconds: 240,
      work: async ({ a, b }) => {
        await formSwarm(a, b);
        const nodes = await readyNodes(a, 2);

        deepEqual(nodes.map(({ name }) => name).sort(), ['a', 'b']);
        for (const { name, volumePlugins } of nodes) equal(volumePlugins.includes(pluginName), true, name);
      },
    },
    {
      title: 'docker stack deploy starts two replicas on each node, and they make their volume by themselves',
      seconds: 420,
      work: async ({ a, b }) => {
        for (const host of [a, b]) deepEqual(await listed(host), []);
        await deploy(a);

        deepEqual(await runningTasks(a, SERVICE, 4), ['a', 'a', 'b', 'b']);
        for (const host of [a, b]) {
          deepEqual(await listed(host), [LISTED]);
          equal((await host.engine.inspect(VOLUME)).Status?.['mode'], '0750');
          await hasUsers(host, 2);
        }
      },
    },
    {
      title: 'every replica has written into the volume, and both hosts see all four',
      seconds: 180,
      work: async ({ a, b }) => {
        const lines = await fourLines();
        deepEqual(
          lines.map(line => line.split(' on ')[0]),
          ['replica-1', 'replica-2', 'replica-3', 'replica-4'],
        );
        deepEqual(lines.map(line => line.split(' on ')[1]).sort(), ['a', 'a', 'b', 'b']);
        for (const { engine } of [a, b])
          equal(await engine.run({ volumes: [`${VOLUME}:/x`] }, 'echo $(sort /x/who)'), lines.join(' '));
      },
    },
    {
      title: 'while the stack runs, neither node removes the volume',
      seconds: 60,
      work: async ({ a, b }) => {
        for (const { engine } of [a, b]) match(await failureOf(engine.remove(VOLUME)), /in use/);
        equal(existsSync(`${SHARE}/data/who`), true);
      },
    },
    {
      title: 'docker stack rm ends the replicas and leaves the volume, which both nodes go on listing',
      seconds: 180,
      work: async ({ a, b }) => {
        await removeStack(a, b);

        for (const host of [a, b]) {
          deepEqual(await listed(host), [LISTED]);
          equal((await host.engine.inspect(VOLUME)).Status?.['references'], 0);
        }
        equal((await fourLines()).length, 4);
      },
    },
    {
      title: 'then the volume can be removed on one node, and is gone on both',
      seconds: 60,
      work: async ({ a, b }) => {
        await b.inside('docker', 'volume', 'rm', VOLUME);

        for (const host of [a, b]) deepEqual(await listed(host), []);
        equal(existsSync(`${SHARE}/data`), false);
      },
    },
    {
      title: 'deployed once more, the stack has a new and empty volume',
      seconds: 600,
      work: async ({ a, b }) => {
        await deploy(a);
        await runningTasks(a, SERVICE, 4);

        equal((await fourLines()).length, 4);
        await removeStack(a, b);
        await a.inside('docker', 'volume', 'rm', VOLUME);
        await leaveSwarm(a, b);
      },
    },
  ],
};

/** What `docker volume ls` shows under the volume's name. */
async function listed(host: DockerHost): Promise<string[]> {
  const lines = await host.inside('docker', 'volume', 'ls', '--format', '{{.Driver}} {{.Name}}');
  return lines.split('\n').filter(line => line.endsWith(` ${VOLUME}`));
}

/** inspect shows who uses a volume as of two seconds ago. */
async function hasUsers({ name, engine }: DockerHost, count: number): Promise<void> {
  await until(`${count} containers on ${name} have the volume`, 10_000, async () => {
    const users = (await engine.inspect(VOLUME)).Status?.['usedBy'];
    return (Array.isArray(users) && users.length === count) || undefined;
  });
}

/** A task runs before its first command has: the last line may take a moment. */
async function fourLines(): Promise<string[]> {
  const lines = () => readFileSync(`${SHARE}/data/who`, 'utf8').trim().split('\n').sort();
  await until(
    'four lines are written',
    30_000,
    () => (existsSync(`${SHARE}/data/who`) && lines().length >= 4) || undefined,
  );
  return lines();
}
