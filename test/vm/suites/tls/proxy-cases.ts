// The proxy dies, and so does the plugin, under containers that write: they wait, go on, and have lost nothing.

import { equal, match, notEqual, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../../guest/cases.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { enablePlugin } from '../../guest/enable-plugin.ts';
import { killPlugin } from '../../guest/kill-plugin.ts';
import { grows, isReleased, longestPause } from '../crash-watch.ts';
import { isOkAgain, note } from '../outage-watch.ts';
import { anotherProxy, killProxy, listensAt, proxyOf } from './proxy.ts';
import { fileOf, labels, proxyAddress } from './shares.ts';

/** A line a second, each a number and the moment; closed, and with that on the server's disk, before the next one. */
const WRITE_LINES =
  'i=0; while :; do i=$((i+1)); read -r up rest </proc/uptime; echo "$i $up" >>/x/count; sleep 1; done';
/** The kernel asks again at ever longer intervals, at most half a lease; and a plugin takes its time to start on an emulated processor. */
const LONGEST_PAUSE = 180;
const AWAY_MS = 8000;

const writer = (label: string) => `tls-writer-${label}`;
const count = (label: string) => fileOf(label, 'data/count');

export const proxyCases: readonly Case[] = [
  {
    title: 'containers write a line a second to volumes behind TLS, through one proxy that listens on loopback alone',
    seconds: 240,
    work: async ({ a }) => {
      for (const label of labels) {
        await a.engine.create(`data@${label}`, { mode: '0770' });
        await a.engine.keep({ volumes: [`data@${label}:/x`], name: writer(label) }, 'sh', '-c', WRITE_LINES);
        await grows(count(label));
      }
      match(await listensAt(a), new RegExp(`${proxyAddress}:491 `));
      const pid = await proxyOf(a);
      match(await a.inside('cat', `/proc/${pid}/status`), /^Uid:\t60700\t/m);
    },
  },
  {
    title: 'the proxy is killed three times: another one listens at the same place, and the containers go on',
    seconds: 360,
    work: async ({ a }) => {
      for (let kills = 0; kills < 3; kills += 1) {
        await anotherProxy(a, await killProxy(a));
        await goOn(a);
      }
      match(await listensAt(a), new RegExp(`${proxyAddress}:491 `));
    },
  },
  {
    title: 'the plugin is killed: the containers go on through the proxy of its next life',
    seconds: 300,
    work: async ({ a }) => {
      const before = await proxyOf(a);
      await killPlugin(a)();
      await goOn(a);
      notEqual(await proxyOf(a), before);
    },
  },
  {
    title: 'the plugin is disabled for a while: the containers wait, and go on once it is enabled again',
    seconds: 360,
    work: async ({ a }) => {
      await a.plugin.disable();
      await sleep(AWAY_MS);
      await enablePlugin(a);
      await goOn(a);
    },
  },
  {
    title: 'through all of this no line is missing; the containers end, and their shares are let go and removed',
    seconds: 240,
    work: async ({ a }) => {
      for (const label of labels) {
        const pause = longestPause(count(label));
        note(`the longest pause of the container (${label})`, pause);
        ok(pause <= LONGEST_PAUSE, `a pause of ${pause} s`);
        await a.engine.removeContainer(writer(label));
        await isReleased(a, label, 60_000);
        await a.engine.remove(`data@${label}`);
      }
    },
  },
];

async function goOn(host: DockerHost): Promise<void> {
  for (const label of labels) {
    await isOkAgain(host, label);
    await growsAgain(label);
    equal(await host.engine.isRunning(writer(label)), true);
  }
}

/** Patiently: after a while without an answer the kernel asks at ever longer intervals. */
async function growsAgain(label: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await grows(count(label));
      return;
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}
