// A file server that has started without its data disk exports an empty folder under the old name, and answers fast.

import { equal, match } from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import { command } from '../guest/command.ts';
import { failureOf } from '../guest/failure-of.ts';
import { type NfsServer, serverAddress } from '../guest/nfs-server.ts';

const shares = [
  { label: 'disk3', type: 'nfs3', number: 73 },
  { label: 'disk42', type: 'nfs4', number: 74 },
] as const;
const folder = (label: string) => `/srv/${label}`;
const disk = (label: string) => `/srv/.disks/${label}`;

export const wrongShare: Suite = {
  name: 'wrong-share',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: folder(label) }]),
  ),
  prepare: async ({ server }) => {
    mkdirSync('/srv/.disks');
    for (const { label } of shares) {
      mkdirSync(disk(label));
      mkdirSync(folder(label));
      await command('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'disk', disk(label));
    }
    await putIn(server);
  },
  cases: [
    ...shares.map(
      ({ label }): Case => ({
        title: `a volume is made and used (${label})`,
        seconds: 60,
        work: async ({ a }) => {
          await a.engine.create(`kept@${label}`);
          await a.engine.run({ volumes: [`kept@${label}:/x`] }, 'echo precious >/x/f');
          equal(existsSync(`${disk(label)}/kept/f`), true);
        },
      }),
    ),
    {
      title: 'the server starts again, without its disks',
      seconds: 90,
      work: async ({ server }) => {
        await server.stopServing();
        for (const { label } of shares) {
          await server.withdraw(folder(label));
          await command('umount', folder(label));
          // The same number: old file handles fit the empty folder, and no client is told that anything changed.
          await exportIt(server, label);
        }
        await server.startServing();
      },
    },
    ...shares.flatMap(({ label }) => whileWrong(label)),
    {
      title: 'the disks are put in and the server starts once more: all is well by itself',
      seconds: 180,
      work: async ({ a, server }) => {
        await server.stopServing();
        for (const { label } of shares) await server.withdraw(folder(label));
        await putIn(server);
        await server.startServing();
        for (const { label } of shares) {
          await until(`kept@${label} is ok again`, 90_000, async () => {
            const { Status } = await a.engine.inspect(`kept@${label}`);
            return Status?.['state'] === 'ok' ? true : undefined;
          });
          equal(await a.engine.run({ volumes: [`kept@${label}:/x`] }, 'cat /x/f'), 'precious');
          await a.engine.remove(`kept@${label}`);
        }
      },
    },
  ],
};

function whileWrong(label: string): Case[] {
  return [
    {
      title: `the empty folder is not taken for the share: the volume is still there, and inspect says what is wrong (${label})`,
      seconds: 90,
      work: async ({ a }) => {
        // Right after a server's start its clients wait out a time of grace; until then the share may be unreachable.
        await until('the wrong share is seen', 60_000, async () => {
          const { Status } = await a.engine.inspect(`kept@${label}`);
          return Status?.['state'] === 'wrong-share' ? true : undefined;
        });
        const { Status } = await a.engine.inspect(`kept@${label}`);
        match(String(Status?.['problem']), /its id was [0-9a-f-]{36}, found no id at all/);
        equal((await a.engine.volumes()).includes(`kept@${label}`), true);
      },
    },
    {
      title: `nothing is made, mounted or removed there, and nothing is written into the empty folder (${label})`,
      seconds: 150,
      work: async ({ a }) => {
        const wrong = /is not the share this host knows/;
        match(await failureOf(a.engine.create(`new@${label}`)), wrong);
        match(await failureOf(a.engine.run({ volumes: [`kept@${label}:/x`] }, 'true')), wrong);
        match(await failureOf(a.engine.remove(`kept@${label}`)), wrong);
        equal((await a.engine.volumes()).includes(`kept@${label}`), true);
        equal(readdirSync(folder(label)).join(), '');
      },
    },
  ];
}

async function putIn(server: NfsServer): Promise<void> {
  for (const { label } of shares) {
    await command('mount', '--bind', disk(label), folder(label));
    await exportIt(server, label);
  }
}

function exportIt(server: NfsServer, label: string): Promise<void> {
  const number = shares.find(share => share.label === label)?.number ?? 0;
  return server.export(folder(label), { options: [`fsid=${number}`] });
}
