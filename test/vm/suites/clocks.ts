// The clock of host A is more than a day behind the server's, that of host B more than a day ahead of it: who is silent,
// who is dead, and how long a removed volume is kept has to come out as if all were right.

import { equal, match, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import { allOf } from '../guest/all-of.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { enablePlugin } from '../guest/enable-plugin.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { shiftClock } from './clocks/shift-clock.ts';
import { fileOf } from './crash-watch.ts';
import { attachmentsOn, trashOf } from './operator.ts';
import { note } from './outage-watch.ts';

const HOUR = 3_600_000;
/** More than a removed volume is kept, and more than a silent host is waited for. */
const OFF = 25 * HOUR;
const off = { a: -OFF, b: OFF } as const;
/** For the share that keeps removed volumes for a short time. */
const KEPT_SECONDS = 45;
/** For host A, in the end. */
const DEAD_AFTER_SECONDS = 100;
/** A host is called silent after a minute, and looked at every twenty seconds. */
const SILENT_WITHIN = 180_000;

const shares = [
  { label: 'clock3', type: 'nfs3' },
  { label: 'clock42', type: 'nfs4' },
] as const;
const labels = shares.map(({ label }) => label);
const BRIEF = 'brief42';
const dir = (label: string, type: string, more: object = {}) => ({
  type,
  addr: serverAddress,
  path: `/srv/${label}`,
  ...more,
});

export const clocks: Suite = {
  name: 'clocks',
  hosts: ['a', 'b'],
  remoteDirs: {
    ...Object.fromEntries(shares.map(({ label, type }) => [label, dir(label, type)])),
    [BRIEF]: dir(BRIEF, 'nfs4', { trashFor: `${KEPT_SECONDS}s` }),
  },
  prepare: async ({ server }) => {
    for (const label of [...labels, BRIEF]) await server.export(`/srv/${label}`);
    shiftClock('/var/lib/docker', off.a);
    shiftClock('/var/lib/docker-b', off.b);
  },
  cases: [
    {
      title: 'the clock of one host is a day behind the file server, that of the other a day ahead',
      seconds: 60,
      work: async ({ a, b }) => {
        for (const host of [a, b]) {
          await host.engine.create(`of-${host.name}@clock42`);
          const { CreatedAt = '' } = await host.engine.inspect(`of-${host.name}@clock42`);
          const wrong = Date.parse(CreatedAt) - Date.now() - off[host.name === 'a' ? 'a' : 'b'];
          ok(Math.abs(wrong) < HOUR / 4, `created on host ${host.name} at ${CreatedAt}`);
        }
      },
    },
    ...labels.map(
      (label): Case => ({
        title: `both have containers for more than a minute: neither takes the other one for silent, and none of their volumes can be removed (${label})`,
        seconds: 240,
        work: async ({ a, b }) => {
          await allOf(
            [a, b].map(host => host.engine.keep({ volumes: [`${used(host)}@${label}:/x`], name: on(label) })),
          );
          const end = performance.now() + 80_000;
          while (performance.now() < end) {
            for (const host of [a, b]) await nobodyIsSilent(host, label);
            await sleep(5000);
          }
          for (const [one, other] of [
            [a, b],
            [b, a],
          ] as const) {
            const refusal = await failureOf(one.engine.remove(`${used(other)}@${label}`));
            match(refusal, new RegExp(`in use by host "${other.name}" \\(`));
            ok(!refusal.includes('no sign of life'), refusal);
          }
        },
      }),
    ),
    ...labels.map(
      (label): Case => ({
        title: `what either of them removes is kept for a day by the clock of the server, and the other one does not delete it (${label})`,
        seconds: 120,
        work: async ({ a, b }) => {
          for (const host of [a, b]) await removeNew(host, `gone-${host.name}@${label}`);
          // Each removal is a look through the trash.
          for (const host of [b, a]) await removeNew(host, `later-${host.name}@${label}`);
          await sleep(5000);
          for (const host of [a, b]) {
            const entries = await trashOf(host, label);
            equal(entries.length, 4);
            for (const { volume, keepUntil, state } of entries) {
              equal(state, 'kept');
              const hours = (Date.parse(keepUntil) - Date.now()) / HOUR;
              ok(hours > 23.5 && hours < 24.5, `${volume} is kept for ${hours} h, says host ${host.name}`);
            }
          }
        },
      }),
    ),
    {
      title: `what is kept for ${KEPT_SECONDS} s is not deleted before by the host that is ahead, and is after it by the one that is behind`,
      seconds: 240,
      work: async ({ a, b }) => {
        for (const host of [a, b]) await removeNew(host, `gone-${host.name}@${BRIEF}`);
        const removed = performance.now();
        await removeNew(b, `soon@${BRIEF}`);
        await sleep(5000);
        const there = (await trashOf(b, BRIEF)).map(({ volume, state }) => `${volume} ${state}`).sort();
        ok(performance.now() - removed < (KEPT_SECONDS - 5) * 1000, 'this took longer than they are kept');
        equal(there.join(), 'gone-a kept,gone-b kept,soon kept');

        await sleep(KEPT_SECONDS * 1000);
        await removeNew(a, `late@${BRIEF}`);
        await until('what was removed long ago is deleted', 60_000, async () => {
          const left = (await trashOf(a, BRIEF)).map(({ volume }) => volume);
          return left.join() === 'late' || undefined;
        });
      },
    },
    {
      title:
        'a host that is cut off is silent after a minute, not a day, and its volume is kept for it until a day is over',
      seconds: 420,
      work: async ({ a, b }) => {
        await a.engine.removeContainer(on('clock42'));
        await nobodyIsSilent(a, 'clock42');
        await b.unplug();
        const cut = performance.now();
        const seconds = await isSilent(a, 'clock42', 'b');
        note('host B is cut off: seconds until host A calls it silent', Math.round((performance.now() - cut) / 1000));
        // It counts from the last sign that it has seen, which came up to twenty seconds before, or was seen so much later.
        ok(seconds >= 60 && seconds * 1000 <= performance.now() - cut + 60_000, `silent for ${seconds} s`);
        const refusal = await failureOf(a.engine.remove(`${used(b)}@clock42`));
        match(refusal, /in use by host "b" \(.*no sign of life for \d+ s/);

        await b.plug();
        await until('host B is not silent any more', 180_000, async () => {
          await sleep(2000);
          return (await silenceOf(a, 'clock42', 'b')) === 0 || undefined;
        });
      },
    },
    {
      title: `told to wait for ${DEAD_AFTER_SECONDS} s for a silent host, host A removes its volume after that time and not before, and keeps it for a day`,
      seconds: 600,
      work: async ({ a, b }) => {
        await a.engine.removeContainer(on('clock3'));
        await a.plugin.disable();
        await enablePlugin(a, { DEAD_AFTER: `${DEAD_AFTER_SECONDS}s` });
        await until('host A sees host B', 60_000, async () => {
          await sleep(1000);
          return (await silenceOf(a, 'clock42', 'b')) === 0 || undefined;
        });
        await b.unplug();
        const cut = performance.now();
        const volume = `${used(b)}@clock42`;
        await until(`${volume} can be removed`, DEAD_AFTER_SECONDS * 1000 + SILENT_WITHIN, async () => {
          await sleep(3000);
          const started = performance.now();
          const silent = await silenceOf(a, 'clock42', 'b');
          const problem = await a.engine.remove(volume).then(
            () => '',
            (error: unknown) => String(error),
          );
          const most = silent + (performance.now() - started) / 1000 + 1;
          if (problem === '') ok(most >= DEAD_AFTER_SECONDS, `removed when host B was silent for ${most} s at most`);
          else match(problem, /in use by host "b"/);
          return problem === '' || undefined;
        });
        note(
          'host B is cut off: seconds until its volume could be removed',
          Math.round((performance.now() - cut) / 1000),
        );
        const entry = (await trashOf(a, 'clock42')).find(({ volume }) => volume === used(b));
        const hours = (Date.parse(entry?.keepUntil ?? '') - Date.now()) / HOUR;
        ok(hours > 23.5 && hours < 24.5, `kept for ${hours} h`);
        equal(existsSync(fileOf(volume)), false);
        await b.plug();
      },
    },
  ],
};

const on = (label: string) => `on-${label}`;
const used = ({ name }: DockerHost) => `used-${name}`;

async function removeNew(host: DockerHost, volume: string): Promise<void> {
  await host.engine.create(volume);
  await host.engine.remove(volume);
}

async function nobodyIsSilent(host: DockerHost, label: string): Promise<void> {
  for (const { name, silentSeconds, isOver } of await attachmentsOn(host, label))
    equal(`${silentSeconds} ${isOver}`, '0 false', `host ${name}, as host ${host.name} sees it`);
}

/** In seconds, as the host sees it. */
async function silenceOf(host: DockerHost, label: string, other: string): Promise<number> {
  const found = (await attachmentsOn(host, label)).find(({ name }) => name === other);
  ok(found !== undefined, `host ${other} has nothing attached`);
  return found.silentSeconds;
}

async function isSilent(host: DockerHost, label: string, other: string): Promise<number> {
  return await until(`host ${other} is silent`, SILENT_WITHIN, async () => {
    await sleep(1000);
    return (await silenceOf(host, label, other)) || undefined;
  });
}
