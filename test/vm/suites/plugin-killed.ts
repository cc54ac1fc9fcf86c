// The plugin crashes under containers that write.

import { equal, match, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { killPlugin } from '../guest/kill-plugin.ts';
import { timed } from '../guest/results.ts';
import { COUNT, fileOf, grows, isMounted, isReleased, isWhole, longestPause, shares } from './crash-watch.ts';
import { note } from './outage-watch.ts';

/** What an emulated processor that starts a plugin at the same time may keep a shell from running. */
const LONGEST_PAUSE = 6;
/** Longer than the plugin keeps a share that nobody uses. */
const LINGER_OVER = 8000;

const labels = shares.map(({ label }) => label);
const writing = (label: string) => `writing@${label}`;
const writer = (label: string) => `writer-${label}`;

export const pluginKilled: readonly Case[] = [
  {
    title: 'containers write to their volumes',
    seconds: 90,
    work: async ({ a }) => {
      for (const label of labels) {
        await a.engine.create(writing(label), { mode: '0770' });
        await a.engine.keep({ volumes: [`${writing(label)}:/x`], name: writer(label) }, 'sh', '-c', COUNT);
        await grows(fileOf(writing(label), 'count'));
      }
    },
  },
  {
    title: 'the plugin is killed: Docker starts it again, and containers started in the same moment get their volumes',
    seconds: 240,
    work: async ({ a }) => {
      for (let tries = 1; ; tries += 1) {
        const isBack = killPlugin(a);
        const started = await Promise.allSettled(labels.map(label => startsAtOnce(a, label)));
        const byItself = await isBack();
        if (!byItself && tries < 3) continue;
        for (const each of started) if (each.status === 'rejected') throw each.reason;
        equal(byItself, true);
        return;
      }
    },
  },
  ...labels.flatMap(afterTheKill),
  {
    title: 'the plugin is killed three times in a row: it is back each time, and the containers write',
    seconds: 180,
    work: async ({ a }) => {
      for (let kills = 0; kills < 3; kills += 1) {
        await killPlugin(a)();
        for (const label of labels) await grows(fileOf(writing(label), 'count'));
      }
      equal(await a.plugin.isEnabled(), true);
      for (const label of labels) await isWhole(a, writing(label));
    },
  },
  ...labels.map(
    (label): Case => ({
      title: `a container ends while the plugin is away: its volume is free all the same (${label})`,
      seconds: 150,
      work: async ({ a }) => {
        const volume = `leaving@${label}`;
        await a.engine.create(volume);
        const container = await a.engine.keep({ volumes: [`${volume}:/x`] });
        const isBack = killPlugin(a);
        await a.engine.removeContainer(container);
        await isBack();
        await a.engine.remove(volume);
        equal(existsSync(fileOf(volume)), false);
      },
    }),
  ),
  ...labels.map(
    (label): Case => ({
      title: `through all of this the container has written without a pause; stopped, its share is let go and the volume can be removed (${label})`,
      seconds: 120,
      work: async ({ a }) => {
        const pause = longestPause(fileOf(writing(label), 'count'));
        note(`the longest pause of the container (${label})`, pause);
        ok(pause <= LONGEST_PAUSE, `a pause of ${pause} s`);
        await isLetGo(a, label);
      },
    }),
  ),
];

function afterTheKill(label: string): Case[] {
  return [
    {
      title: `after the kill inspect says ok, and names the container that has the volume (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        await isWhole(a, writing(label), '0:0 770');
        const { Status } = await a.engine.inspect(writing(label));
        const { Id } = (await a.engine.get(`/containers/${writer(label)}/json`)) as { Id: string };
        equal(String(Status?.['usedBy']), `container ${Id.slice(0, 12)}`);
        // Docker has asked this life of the plugin for nothing that it has not given back.
        equal(Status?.['references'], 0);
      },
    },
    {
      title: `after the kill the share stays mounted for the container, and the volume cannot be removed (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        await sleep(LINGER_OVER);
        equal(await isMounted(a, label), true);
        await grows(fileOf(writing(label), 'count'));
        match(await failureOf(a.engine.remove(writing(label))), /in use/);
        const { body } = await a.plugin.call('Remove', { Name: writing(label) });
        match(String((body as { Err?: string }).Err), /in use by container/);
      },
    },
  ];
}

async function startsAtOnce(host: DockerHost, label: string): Promise<void> {
  const { seconds, value } = await timed(() =>
    host.engine.run({ volumes: [`${writing(label)}:/x`] }, 'head -n 1 /x/count'),
  );
  match(value, /^1 /);
  note(`a container started right after the kill (${label})`, seconds);
}

async function isLetGo(host: DockerHost, label: string): Promise<void> {
  await host.engine.stop(writer(label));
  const { seconds } = await timed(() => isReleased(host, label));
  note(`from the stop of the last container until its share is unmounted (${label})`, seconds);
  await host.engine.removeContainer(writer(label));
  await host.engine.remove(writing(label));
  equal(existsSync(fileOf(writing(label))), false);
}
