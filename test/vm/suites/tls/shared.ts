// What two hosts do with a volume behind TLS.

import { equal, match } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Case } from '../../guest/cases.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { fileOf, proxyAddress } from './shares.ts';

export function sharedCases(label: string): Case[] {
  const volume = `common@${label}`;
  const use = { volumes: [`${volume}:/x`], name: `on-${label}` };
  return [
    {
      title: `${label}: what a container on A writes, one on B reads, and the other way round`,
      seconds: 240,
      work: async ({ a, b }) => {
        await a.engine.create(volume, { mode: '0770' });
        await Promise.all([a, b].map(host => host.engine.keep(use)));
        await a.engine.exec(use.name, 'echo from A >/x/f');
        equal(await b.engine.exec(use.name, 'cat /x/f; echo from B >/x/g'), 'from A');
        equal(await a.engine.exec(use.name, 'cat /x/g'), 'from B');
        equal(readFileSync(fileOf(label, 'common/f'), 'utf8'), 'from A\n');
      },
    },
    {
      title: `${label}: inspect shows the server and whom it has to be, and the mount goes to the proxy on loopback`,
      seconds: 60,
      work: async ({ a }) => {
        const { Status: status = {} } = await a.engine.inspect(volume);
        equal(status['state'], 'ok', String(status['problem']));
        equal(status['version'], '4.1');
        equal(status['source'], `10.9.0.1:/srv/${label}`);
        match(String(status['encryption']), /^TLS; the server has to be 10\.9\.0\.1 by the authorities in "ca\.pem"$/);
        equal((status['usedBy'] as readonly string[]).length, 1, String(status['usedBy']));
        const mounts = a.pluginMountTable().split('\n');
        const mount = mounts.find(line => line.includes(` /mnt/vmdk/${label} `)) ?? '';
        match(mount, new RegExp(`nfs4 ${proxyAddress}:/srv/${label} `));
        match(mount, new RegExp(`[, ]hard,.*port=491,.*addr=${proxyAddress}`));
      },
    },
    {
      title: `${label}: a volume that a container on B has cannot be removed on A; after that it can, and is gone`,
      seconds: 180,
      work: async ({ a, b }) => {
        await a.engine.removeContainer(use.name);
        match(await failureOf(a.engine.remove(volume)), /in use by host "b"/);
        await b.engine.removeContainer(use.name);
        await a.engine.remove(volume);
        equal(existsSync(fileOf(label, 'common')), false);
      },
    },
  ];
}
