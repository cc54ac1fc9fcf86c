// Stores that nobody here may write to: an export that the server has made read-only, and one that could be written but is
// said to be left alone. Both are used from two hosts, and not a byte of what the server has may change.

import { deepEqual, equal, match } from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { treeFingerprint } from '../../docker/tree-fingerprint.ts';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress as addr } from '../guest/nfs-server.ts';
import type { Stage } from '../guest/stage.ts';

interface Store {
  readonly label: string;
  readonly is: string;
  readonly dir: Readonly<Record<string, unknown>>;
  /** What the server says of the export. */
  readonly options: readonly string[];
  readonly says: RegExp;
}

const versions = [
  { version: '3', short: '3', type: 'nfs3' },
  { version: '4.2', short: '42', type: 'nfs4' },
] as const;

const stores: readonly Store[] = versions.flatMap(({ version, short, type }) => {
  const args = type === 'nfs4' ? ['vers=4.2'] : [];
  const dirOf = (label: string, more: object) => ({ type, addr, path: `/srv/${label}`, args, adopt: 'all', ...more });
  return [
    {
      label: `ro-export${short}`,
      is: `NFSv${version}, an export with ro`,
      dir: dirOf(`ro-export${short}`, {}),
      options: ['ro'],
      says: /is read-only for this host/,
    },
    {
      label: `ro-setting${short}`,
      is: `NFSv${version}, the setting readOnly on an export with rw`,
      dir: dirOf(`ro-setting${short}`, { readOnly: true }),
      options: [],
      says: /is used read-only, as its setting readOnly says/,
    },
  ];
});

const READ_ONLY = /read-only file system/i;
const before = new Map<string, string[]>();
const root = ({ label }: Store) => `/srv/${label}`;

export const readOnly: Suite = {
  name: 'read-only',
  hosts: ['a', 'b'],
  remoteDirs: Object.fromEntries(stores.map(({ label, dir }) => [label, dir])),
  prepare: async ({ server }) => {
    for (const store of stores) {
      await server.export(root(store), { options: store.options });
      fill(root(store));
      before.set(store.label, treeFingerprint(root(store)));
    }
  },
  cases: [
    ...stores.flatMap(store => [listed(store), used(store), refused(store)]),
    ...stores.map(restarted),
    ...stores.map(unchanged),
  ],
};

function fill(folder: string): void {
  for (const name of ['films', 'films/old', 'music', 'lost+found']) mkdirSync(`${folder}/${name}`);
  writeFileSync(`${folder}/films/one`, 'from the server\n');
  chownSync(`${folder}/films`, 1000, 1000);
  chmodSync(`${folder}/films`, 0o755);
}

function listed(store: Store): Case {
  const volume = `films@${store.label}`;
  return {
    title: `${store.is}: both hosts show the folders that are there as volumes, and say that they can only be read`,
    seconds: 180,
    work: async ({ a, b }) => {
      for (const { engine } of [a, b]) {
        // Right after a start, a list does not wait for a share that is not open yet.
        const there = await until(`the volumes of ${store.label} are listed`, 60_000, async () => {
          const seen = (await engine.volumes()).filter(name => name.endsWith(`@${store.label}`));
          return seen.length > 0 ? seen : undefined;
        });
        deepEqual(there, [volume, `music@${store.label}`]);
        const { Status } = await engine.inspect(volume);
        equal(Status?.['state'], 'ok', String(Status?.['problem']));
        equal(Status?.['uid'], 1000);
        match(String(Status?.['shareId']), /^none: /);
        match(String(Status?.['readOnly']), store.says);
      }
    },
  };
}

function used(store: Store): Case {
  const volume = `films@${store.label}`;
  return {
    title: `${store.is}: containers on two hosts read at the same time, and each change is refused as on a read-only disk`,
    seconds: 300,
    work: async ({ a, b }) => {
      const containers = [a, b].map(host => ({ host, name: `reader-${store.label}-${host.name}` }));
      for (const { host, name } of containers) await host.engine.keep({ volumes: [`${volume}:/x`], name });
      for (const { host, name } of containers) {
        equal(await host.engine.exec(name, 'cat /x/one'), 'from the server');
        for (const change of ['touch /x/new', 'echo more >>/x/one', 'rm -f /x/one', 'chmod 0777 /x', 'mkdir /x/d'])
          match(await failureOf(host.engine.exec(name, change)), READ_ONLY);
        match(String((await host.engine.inspect(volume)).Status?.['usedBy']), /container/);
        match(mountOf(host, store), /^\S+ \S+ \S+ \S+ \S+ ro[, ]/);
      }
      for (const { host, name } of containers) await host.engine.removeContainer(name);
    },
  };
}

/** The line of the mount that containers use. */
function mountOf(host: DockerHost, { label }: Store): string {
  const at = `/mnt/vmdk/${label} `;
  return (
    host
      .pluginMountTable()
      .split('\n')
      .find(line => line.includes(` ${at}`)) ?? `nothing is mounted at ${at}`
  );
}

function refused(store: Store): Case {
  return {
    title: `${store.is}: a new volume and a removal are refused in words, and what is there can be created again`,
    seconds: 180,
    work: async ({ a, b }) => {
      for (const { engine } of [a, b]) {
        match(await failureOf(engine.create(`new@${store.label}`)), store.says);
        match(await failureOf(engine.remove(`music@${store.label}`)), store.says);
        await engine.create(`music@${store.label}`);
        equal((await engine.volumes()).includes(`music@${store.label}`), true);
        equal((await engine.volumes()).includes(`new@${store.label}`), false);
      }
    },
  };
}

function restarted(store: Store): Case {
  const name = `lasting-${store.label}`;
  return {
    title: `${store.is}: a container reads on while its host is away from the network, and its volume is shown meanwhile`,
    seconds: 300,
    work: async ({ a }) => {
      await a.engine.keep({ volumes: [`films@${store.label}:/x`], name });
      await a.unplug();
      await sleep(5000);
      equal((await a.engine.volumes()).includes(`films@${store.label}`), true);
      await a.plug();
      equal(await a.engine.exec(name, 'cat /x/one'), 'from the server');
      await a.engine.removeContainer(name);
    },
  };
}

function unchanged(store: Store): Case {
  return {
    title: `${store.is}: after all this, names, owners, modes, times and contents on the server are what they were`,
    seconds: 60,
    work: async (_: Stage) => {
      // Longer than the time between two signs of life, or two sweeps after a start.
      await sleep(25_000);
      deepEqual(treeFingerprint(root(store)), before.get(store.label));
    },
  };
}
