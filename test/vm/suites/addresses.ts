// A file server with several addresses: which one is used, what happens when that one is gone, and IPv6.

import { deepEqual, equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import { command } from '../guest/command.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { timed, write } from '../guest/results.ts';
import type { Stage } from '../guest/stage.ts';

/** The first in the settings, and the one that goes away; the VM answers at both. */
const FIRST = '10.9.0.3';
const addr = [FIRST, serverAddress];
const SERVER_6 = 'fd00:9::1';
const hosts6 = { a: 'fd00:9::b', b: 'fd00:9::c' } as const;

const versions = [
  { version: '3', label: 'two3', type: 'nfs3', args: [] },
  { version: '4.2', label: 'two42', type: 'nfs4', args: ['vers=4.2'] },
] as const;
type Version = (typeof versions)[number];
/** NFSv3, where the kernel takes two addresses for two servers. */
const STAY = 'stay3';
const six = [
  { version: '3', label: 'six3', type: 'nfs3', args: [], addr: SERVER_6 },
  { version: '4.2', label: 'six42', type: 'nfs4', args: ['vers=4.2'], addr: `[${SERVER_6}]` },
] as const;

export const addresses: Suite = {
  name: 'addresses',
  hosts: ['a', 'b'],
  remoteDirs: {
    ...Object.fromEntries(
      versions.map(({ label, type, args }) => [label, { type, addr, path: `/srv/${label}`, args }]),
    ),
    [STAY]: { type: 'nfs3', addr: addr.join(','), path: `/srv/${STAY}` },
    ...Object.fromEntries(
      six.map(({ label, type, args, addr: addr6 }) => [label, { type, addr: addr6, path: `/srv/${label}`, args }]),
    ),
  },
  prepare: async ({ server }) => {
    await command('ip', 'addr', 'add', `${FIRST}/24`, 'dev', 'br0');
    await command('ip', '-6', 'addr', 'add', `${SERVER_6}/64`, 'dev', 'br0', 'nodad');
    for (const label of [...versions.map(each => each.label), STAY]) await server.export(`/srv/${label}`);
    for (const { label } of six) await server.export(`/srv/${label}`, { clients: 'fd00:9::/64' });
  },
  cases: [
    ...versions.map(bothAnswer),
    {
      title: 'NFSv3: a container has a volume by the first address, and that address goes away',
      seconds: 240,
      work: async stage => {
        await stage.a.engine.create(`data@${STAY}`);
        const count = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sleep 1; done';
        await stage.a.engine.keep({ volumes: [`data@${STAY}:/x`], name: 'writer' }, 'sh', '-c', count);
        await until('the container writes', 60_000, () => (counted() > 0 ? true : undefined));
        for (const { label } of versions) await notMounted(stage.a, label);
        await command('iptables', '-I', 'INPUT', '-d', FIRST, '-j', 'DROP');
      },
    },
    ...versions.map(secondIsUsed),
    stayed(),
    {
      title: 'NFSv3: the address is back, and the container goes on with what it was writing',
      seconds: 240,
      work: async ({ a }) => {
        await command('iptables', '-D', 'INPUT', '-d', FIRST, '-j', 'DROP');
        const before = counted();
        await until('the container writes again', 180_000, () => (counted() > before + 2 ? true : undefined));
        const lines = readFileSync(`/srv/${STAY}/data/count`, 'utf8').trim().split('\n');
        deepEqual(
          lines,
          lines.map((_, at) => String(at + 1)),
        );
        await a.engine.removeContainer('writer');
      },
    },
    ...versions.map(bothAgain),
    {
      title: 'the hosts have IPv6 addresses from now on',
      seconds: 60,
      work: async () => {
        for (const [name, address] of Object.entries(hosts6))
          await command('ip', '-n', name, '-6', 'addr', 'add', `${address}/64`, 'dev', 'eth0', 'nodad');
      },
    },
    ...six.map(overIPv6),
  ],
};

function counted(): number {
  try {
    return readFileSync(`/srv/${STAY}/data/count`, 'utf8').trim().split('\n').length;
  } catch {
    return 0;
  }
}

const isMounted = (host: DockerHost, label: string) => host.pluginMountTable().includes(` /mnt/vmdk/${label} `);
/** It is kept for the time of LINGER after the last use. */
const notMounted = (host: DockerHost, label: string) =>
  until(`${label} is let go`, 90_000, () => (isMounted(host, label) ? undefined : true));

const mountsOf = (volume: string) => `grep " /x " /proc/mounts; echo hello >/x/hello; cat /x/hello # ${volume}`;

function bothAnswer({ version, label }: Version): Case {
  return {
    title: `NFSv${version}: of two addresses that answer, the first is used`,
    seconds: 240,
    work: async ({ a }) => {
      const volume = `one@${label}`;
      await a.engine.create(volume);
      match(await a.engine.run({ volumes: [`${volume}:/x`] }, mountsOf(volume)), new RegExp(`^${FIRST}:/srv/${label}`));
      const { Status } = await a.engine.inspect(volume);
      equal(Status?.['server'], FIRST);
      deepEqual(Status?.['addresses'], addr);
    },
  };
}

function secondIsUsed({ version, label }: Version): Case {
  return {
    title: `NFSv${version}: with the first address gone, new volumes are made and used by the second, on both hosts`,
    seconds: 420,
    work: async ({ a, b }) => {
      for (const { engine, name } of [a, b]) {
        const volume = `by-${name}@${label}`;
        const { seconds } = await timed(() =>
          until(`${volume} is made by the second address`, 120_000, async () => {
            // Until the kernel has let go of the first address, its calls may end in errors.
            const problem = await engine.create(volume).then(
              () => undefined,
              (error: unknown) => String(error),
            );
            if (problem !== undefined) write({ kind: 'note', text: `${volume}: ${problem}` });
            return problem === undefined ? true : undefined;
          }),
        );
        write({ kind: 'note', text: `${volume} was made ${seconds} s after it was asked for` });
        const seen = await engine.run({ volumes: [`${volume}:/x`] }, mountsOf(volume));
        match(seen, new RegExp(`^${serverAddress}:/srv/${label}`));
        match(seen, /hello$/);
        const { Status } = await engine.inspect(volume);
        equal(Status?.['state'], 'ok', String(Status?.['problem']));
        equal(Status?.['server'], serverAddress);
      }
      equal(await b.engine.run({ volumes: [`by-a@${label}:/x`] }, 'cat /x/hello'), 'hello');
    },
  };
}

function stayed(): Case {
  return {
    title: 'NFSv3: the mount of a container stays with the address it was made by, and the plugin says so',
    seconds: 300,
    work: async ({ a }: Stage) => {
      await a.engine.create(`more@${STAY}`);
      const { Status } = await a.engine.inspect(`data@${STAY}`);
      equal(Status?.['state'], 'ok', String(Status?.['problem']));
      equal(Status?.['server'], serverAddress);
      equal(Status?.['mountedFrom'], `${FIRST}:/srv/${STAY}`);
      match(
        await failureOf(a.engine.run({ volumes: [`more@${STAY}:/x`] }, 'true')),
        /10\.9\.0\.3:\/srv\/stay3 cannot be mounted: containers .*no mount can be moved to 10\.9\.0\.1/,
      );
      match(await failureOf(a.engine.remove(`data@${STAY}`)), /in use/);
    },
  };
}

function bothAgain({ version, label }: Version): Case {
  return {
    title: `NFSv${version}: with both addresses back, the share stays with the one in use, and all volumes are whole`,
    seconds: 240,
    work: async ({ a, b }) => {
      for (const { engine } of [a, b]) {
        for (const name of ['one', 'by-a', 'by-b'])
          equal(await engine.run({ volumes: [`${name}@${label}:/x`] }, 'cat /x/hello'), 'hello');
        equal((await engine.inspect(`one@${label}`)).Status?.['server'], serverAddress);
      }
      for (const name of ['one', 'by-a', 'by-b']) await a.engine.remove(`${name}@${label}`);
    },
  };
}

function overIPv6({ version, label }: (typeof six)[number]): Case {
  return {
    title: `NFSv${version}: a server with an IPv6 address, a volume that two hosts share`,
    seconds: 300,
    work: async ({ a, b }) => {
      const volume = `six@${label}`;
      await a.engine.create(volume);
      const seen = await a.engine.run({ volumes: [`${volume}:/x`] }, mountsOf(volume));
      match(seen, /^\[fd00:9::1\]:\/srv\//);
      await until('the other host has found the share', 60_000, async () =>
        (await b.engine.volumes()).includes(volume) ? true : undefined,
      );
      equal(await b.engine.run({ volumes: [`${volume}:/x`] }, 'cat /x/hello'), 'hello');
      const { Status } = await b.engine.inspect(volume);
      equal(Status?.['server'], SERVER_6);
      equal(Status?.['source'], `[${SERVER_6}]:/srv/${label}`);
      await b.engine.remove(volume);
    },
  };
}
