// How often the plugin asks the server, with few volumes and hosts on a share and with many: the price of one truth.

import { equal, ok } from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import type { VolumeView } from '../guest/engine.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { write } from '../guest/results.ts';
import { isReleased } from './crash-watch.ts';
import { ask, type Counted, countCalls, isDetached, least, served, totalOf } from './rpc-counts/counting.ts';
import { addHosts, addVolumes } from './rpc-counts/fill.ts';
import { changesIn, parseMountStats, sumOf, wordsOf } from './rpc-counts/mount-stats.ts';

const shares = [
  { label: 'calls3', type: 'nfs3', version: '3' },
  { label: 'calls42', type: 'nfs4', version: '4.2' },
] as const;
const sizes = [
  { volumes: 10, hosts: 2 },
  { volumes: 1000, hosts: 2 },
  { volumes: 10_000, hosts: 2 },
  { volumes: 10_000, hosts: 100 },
] as const;
const ROUNDS = 3;
/** The kernel looks again at what it has seen, now and then. */
const SLACK = 4;
const LIST = 'List';
const AGAIN = 'Mount of a volume that is mounted';

type Table = Map<string, Counted>;
const tables = new Map<string, Table>();
const keyOf = (label: string, { volumes, hosts }: (typeof sizes)[number]) => `${label} ${volumes} ${hosts}`;

export const rpcCounts: Suite = {
  name: 'rpc-counts',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
    for (const { version } of shares) await server.export(`/srv/plain${version}`);
  },
  cases: [
    {
      title: 'volumes are made on the shares whose calls are counted',
      seconds: 60,
      work: async ({ a }) => {
        for (const { label } of shares) for (const name of ['one', 'two']) await a.engine.create(`${name}@${label}`);
      },
    },
    ...sizes.flatMap(countedCases),
    ...shares.map(({ label }) =>
      looking(
        `only the list of all volumes asks more often where there are more of them, or more hosts (${label})`,
        () => {
          equal(grownCalls(label).join('\n'), '');
        },
      ),
    ),
    ...shares.map(({ label }) =>
      looking(`a further container with a volume that is mounted changes nothing on the share (${label})`, () => {
        for (const size of sizes) {
          const counted = tables.get(keyOf(label, size))?.get(AGAIN);
          ok(counted !== undefined);
          equal([...changesIn(counted.control), ...changesIn(counted.data)].join(), '', wordsOf(counted.control));
        }
      }),
    ),
    ...shares.map(
      ({ version }): Case => ({
        title: `for comparison: what Docker's own driver asks for when a container gets a volume (NFSv${version})`,
        seconds: 120,
        work: ({ a }) => countBuiltIn(a, version),
      }),
    ),
  ],
};

/** At what was counted before. */
function looking(title: string, look: () => void): Case {
  return { title, seconds: 10, work: () => Promise.resolve().then(look) };
}

function grownCalls(label: string): string[] {
  const [few, ...more] = sizes.map(size => tables.get(keyOf(label, size)));
  ok(few !== undefined && few.size > 0);
  return more.flatMap(many =>
    [...few]
      .filter(([call]) => call !== LIST)
      .map(([call, counted]) => ({ call, before: totalOf(counted), after: totalOf(many?.get(call) ?? counted) }))
      .filter(({ before, after }) => after > before + SLACK)
      .map(({ call, before, after }) => `${call}: ${after} calls in place of ${before}`),
  );
}

function countedCases(size: (typeof sizes)[number], at: number): Case[] {
  const before = sizes[at - 1] ?? { volumes: 0, hosts: 0 };
  return shares.map(({ label }) => ({
    title: `calls are counted with ${size.volumes} other volumes and ${size.hosts} other hosts (${label})`,
    seconds: 300,
    work: async ({ a }) => {
      await addVolumes(label, before.volumes, size.volumes);
      addHosts(label, before.hosts, size.hosts);
      const table = await countAll(a, label);
      tables.set(keyOf(label, size), table);
      for (const [call, { control, data, server }] of table) {
        const parts = [`control mount: ${wordsOf(control) || 'none'}`, `data mount: ${wordsOf(data) || 'none'}`];
        const sum = sumOf(control) + sumOf(data);
        write({
          kind: 'note',
          text: `${label}, ${size.volumes} volumes, ${size.hosts} hosts: ${call}: ${sum} (${parts.join('; ')}; the server saw ${server})`,
        });
      }
    },
  }));
}

/** Past Docker, which asks several times for each step of a user's. */
async function countAll(a: DockerHost, label: string): Promise<Table> {
  const all = new Map<string, Counted[]>();
  const count = async (call: string, act: () => Promise<unknown>) => {
    const counted = await countCalls(a, label, async () => void (await act()));
    all.set(call, [...(all.get(call) ?? []), counted]);
  };
  const [one, two] = [`one@${label}`, `two@${label}`];
  for (let round = 0; round < ROUNDS; round += 1) {
    await count('Get', () => ask(a, 'Get', { Name: one }));
    await count('Create', () => ask(a, 'Create', { Name: `new@${label}`, Opts: null }));
    await count('Remove', () => ask(a, 'Remove', { Name: `new@${label}` }));
    await count('Mount, the first on the share', () => ask(a, 'Mount', { Name: one, ID: 'first' }));
    const before = traceOf(label);
    await count(AGAIN, () => ask(a, 'Mount', { Name: one, ID: 'second' }));
    equal(traceOf(label), before, 'a further mount of the same volume has changed the share');
    await count('Mount of another volume', () => ask(a, 'Mount', { Name: two, ID: 'third' }));
    await count('Unmount, not the last', () => ask(a, 'Unmount', { Name: one, ID: 'second' }));
    await count('Unmount, the last of the volume', async () => {
      await ask(a, 'Unmount', { Name: two, ID: 'third' });
      await isDetached(label, 'two');
    });
    await ask(a, 'Unmount', { Name: one, ID: 'first' });
    await isDetached(label, 'one');
    await isReleased(a, label);
    await until('the plugin has no data mount', 10_000, () =>
      a.pluginMountTable().includes(` /mnt/vmdk/${label} `) ? undefined : true,
    );
    // Last: a long list keeps a slow processor busy for longer than the plugin waits for it.
    await count(LIST, () => ask(a, 'List', {}));
    await until(`${one} is ok`, 60_000, async () => {
      await sleep(500);
      const { Volume } = (await ask(a, 'Get', { Name: one })) as { Volume: VolumeView };
      return Volume.Status?.['state'] === 'ok' || undefined;
    });
  }
  return new Map([...all].map(([call, counted]) => [call, least(counted)]));
}

/** What a change of anything but a host's sign of life leaves on the server's disk. */
function traceOf(label: string): string {
  const folders = [
    '',
    '.nfs-shared',
    ...['volumes', 'attachments', 'attachments/one', 'trash'].map(each => `.nfs-shared/${each}`),
  ];
  return folders
    .map(folder => `/srv/${label}/${folder}`)
    .map(path => `${path} ${statSync(path).mtimeMs} ${readdirSync(path).length}`)
    .join('\n');
}

async function countBuiltIn(a: DockerHost, version: string): Promise<void> {
  const volume = `plain${version}`;
  const options = { type: 'nfs', o: `addr=${serverAddress},vers=${version}`, device: `:/srv/plain${version}` };
  await a.engine.create(volume, options, 'local');
  const before = served();
  const container = await a.engine.keep({ volumes: [`${volume}:/x`], driver: 'local' });
  const seen = served() - before;
  const stats = parseMountStats(await a.inside('cat', '/proc/self/mountstats'));
  const calls = [...stats].find(([mountPoint]) => mountPoint.endsWith(`/volumes/${volume}/_data`))?.[1];
  ok(calls !== undefined, `mounted are ${[...stats.keys()].join(', ')}`);
  write({
    kind: 'note',
    text: `the built-in driver, NFSv${version}: a container with its first volume: ${sumOf(calls)} (${wordsOf(calls)}; the server saw ${seen})`,
  });
  await a.engine.removeContainer(container);
  await a.engine.remove(volume);
}
