// The engine is killed, and later the whole host loses its power, both with volumes in use. The file server goes on.

import { equal, match } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Case } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { startWithPlugin } from '../guest/enable-plugin.ts';
import { failureOf } from '../guest/failure-of.ts';
import { step, timed } from '../guest/results.ts';
import { COUNT, fileOf, grows, isReleased, isWhole, onlyOurs, shares } from './crash-watch.ts';
import { note } from './outage-watch.ts';

const labels = shares.map(({ label }) => label);
/** In use by a container that Docker starts only when told to, by one that it always starts, and by none. */
const [once, always, idle] = ['once', 'always', 'idle'];
const all = labels.flatMap(label => [once, always, idle].map(name => `${name}@${label}`));

export const engineKilled: readonly Case[] = [
  {
    title: 'containers write, and some of them are to run always',
    seconds: 120,
    work: async ({ a }) => {
      for (const volume of all) await a.engine.create(volume, { mode: '0710' });
      for (const label of labels) {
        const use = (name: string) => ({ volumes: [`${name}@${label}:/x`], name: `${name}-${label}` });
        await a.engine.keep(use(once), 'sh', '-c', COUNT);
        await a.engine.keep({ ...use(always), restart: 'always' }, 'sh', '-c', COUNT);
        for (const name of [once, always]) await grows(fileOf(`${name}@${label}`, 'count'));
      }
    },
  },
  {
    title: 'dockerd is killed: without an engine the containers go on writing',
    seconds: 120,
    work: async ({ a }) => {
      await a.killEngine();
      for (const label of labels) for (const name of [once, always]) await grows(fileOf(`${name}@${label}`, 'count'));
    },
  },
  {
    title: 'dockerd is started again: every volume is there, whole, and still of the plugin',
    seconds: 240,
    work: async ({ a }) => {
      await step('the start of the killed engine', () =>
        startWithPlugin(
          a,
          () => a.startEngine(),
          () => a.killEngine(),
        ),
      );
      await isAllThere(a);
    },
  },
  ...labels.flatMap(label => afterTheStart(label, 'dockerd was killed')),
  {
    title: 'the power of the Docker host goes off and on again: every volume is there, whole, and still of the plugin',
    seconds: 300,
    work: async ({ a }) => {
      for (const label of labels) {
        await a.engine.post(`/containers/${once}-${label}/start`);
        await grows(fileOf(`${once}@${label}`, 'count'));
      }
      await step('the host goes off', () => a.off());
      await step('the host starts', () =>
        startWithPlugin(
          a,
          () => a.start(),
          () => a.off(),
        ),
      );
      await isAllThere(a);
    },
  },
  ...labels.flatMap(label => afterTheStart(label, 'the host was off')),
  ...labels.map(
    (label): Case => ({
      title: `with its last container gone the share is let go, and its volumes can be removed (${label})`,
      seconds: 120,
      work: async ({ a }) => {
        for (const name of [once, always]) await a.engine.removeContainer(`${name}-${label}`);
        const { seconds } = await timed(() => isReleased(a, label));
        note(`from the end of the last container until its share is unmounted (${label})`, seconds);
        for (const name of [once, always]) await isRemoved(a, `${name}@${label}`);
      },
    }),
  ),
];

function afterTheStart(label: string, why: string): Case[] {
  return [
    {
      title: `${why}: the container that is to run always writes to its volume, which is in use; the other one has ended (${label})`,
      seconds: 120,
      work: async ({ a }) => {
        const name = `${always}-${label}`;
        await until(`${name} runs`, 60_000, async () => (await a.engine.isRunning(name)) || undefined);
        await grows(fileOf(`${always}@${label}`, 'count'));
        equal(await a.engine.isRunning(`${once}-${label}`), false);

        const { Status } = await a.engine.inspect(`${always}@${label}`);
        const { Id } = (await a.engine.get(`/containers/${name}/json`)) as { Id: string };
        equal(String(Status?.['usedBy']), `container ${Id.slice(0, 12)}`);
        equal(Status?.['references'], 1);
        const { body } = await a.plugin.call('Remove', { Name: `${always}@${label}` });
        match(String((body as { Err?: string }).Err), /in use by container/);
      },
    },
    {
      title: `${why}: no reference of before keeps an unused volume from being removed, and the others are usable at once (${label})`,
      seconds: 150,
      work: async ({ a }) => {
        match(await failureOf(a.engine.remove(`${once}@${label}`)), /in use/);
        // Nobody uses it any more, whatever Docker has not told the plugin.
        const { Status } = await a.engine.inspect(`${once}@${label}`);
        equal(`${Status?.['references']} ${String(Status?.['usedBy'])}`, '0 ');
        equal(await a.engine.run({ volumes: [`${once}@${label}:/x`] }, 'head -n 1 /x/count | cut -c 1'), '1');

        await isRemoved(a, `${idle}@${label}`);
        await a.engine.create(`${idle}@${label}`, { mode: '0710' });
      },
    },
  ];
}

async function isAllThere(host: DockerHost): Promise<void> {
  await onlyOurs(host, all);
  for (const volume of all) await isWhole(host, volume, '0:0 710');
}

async function isRemoved(host: DockerHost, volume: string): Promise<void> {
  await host.engine.remove(volume);
  equal(existsSync(fileOf(volume)), false);
}
