// Two Docker hosts on one share, each with its own name, network and engine.

import { equal, match } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';

const shares = [
  { label: 'both3', type: 'nfs3' },
  { label: 'both42', type: 'nfs4' },
] as const;

export const twoHosts: Suite = {
  name: 'two-hosts',
  hosts: ['a', 'b'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: [
    ...shares.flatMap(({ label }) => casesOf(label)),
    {
      title: 'the server knows the two hosts apart',
      seconds: 30,
      work: async () => {
        const clients = '/proc/fs/nfsd/clients';
        const names = readdirSync(clients).map(
          id => /name: "(.*)"/.exec(readFileSync(`${clients}/${id}/info`, 'utf8'))?.[1],
        );
        for (const host of ['a', 'b'])
          equal(
            names.some(name => name?.endsWith(` ${host}`)),
            true,
            `the server's clients: ${names.join(', ')}`,
          );
      },
    },
  ],
};

function casesOf(label: string): Case[] {
  const volume = `common@${label}`;
  const use = { volumes: [`${volume}:/x`], name: `on-${label}` };
  return [
    {
      title: `what host A creates, host B lists and inspects (${label})`,
      seconds: 120,
      work: async ({ a, b }) => {
        await a.engine.create(volume, { mode: '0777' });

        equal((await b.engine.volumes()).includes(volume), true);
        const [onA, onB] = [await a.engine.inspect(volume), await b.engine.inspect(volume)];
        equal(onB.Status?.['shareId'], onA.Status?.['shareId']);
        equal(onB.Status?.['createdBy'], 'a');
      },
    },
    {
      title: `what a container on A writes, one on B reads, and the other way round (${label})`,
      seconds: 150,
      work: async ({ a, b }) => {
        await Promise.all([a, b].map(host => host.engine.keep(use)));
        await a.engine.exec(use.name, 'echo from A >/x/f');
        equal(await b.engine.exec(use.name, 'cat /x/f; echo from B >/x/g'), 'from A');
        equal(await a.engine.exec(use.name, 'cat /x/g'), 'from B');
      },
    },
    {
      title: `both append to one file under a lock, and no line is lost (${label})`,
      seconds: 180,
      work: async ({ a, b }) => {
        const append = 'i=0; while [ $i -lt 25 ]; do i=$((i+1)); flock /x/lock sh -c "echo $i >>/x/lines"; done';
        await Promise.all([a, b].map(host => host.engine.exec(use.name, append)));

        const lines = readFileSync(`/srv/${label}/common/lines`, 'utf8').trim().split('\n');
        const twice = Array.from({ length: 50 }, (_, at) => 1 + Math.floor(at / 2));
        equal(
          lines
            .map(Number)
            .sort((x, y) => x - y)
            .join(),
          twice.join(),
        );
      },
    },
    {
      title: `a lock that a container on A holds keeps B out until that container is killed (${label})`,
      seconds: 120,
      work: async ({ a, b }) => {
        await a.engine.execDetached(use.name, 'exec 9>/x/held; flock 9; touch /x/is-held; sleep 600');
        await a.engine.exec(use.name, 'until [ -e /x/is-held ]; do sleep 0.1; done');
        equal(await b.engine.exec(use.name, 'flock -n -E 9 /x/held true; echo $?'), '9');
        await a.engine.removeContainer(use.name);
        equal(await b.engine.exec(use.name, 'flock -n -E 9 /x/held true; echo $?'), '0');
      },
    },
    {
      title: `while a container on B has it, A cannot remove it: the refusal names B, and so does inspect (${label})`,
      seconds: 90,
      work: async ({ a, b }) => {
        match(await failureOf(a.engine.remove(volume)), /in use by host "b" \(.*since 20/);
        match(String((await a.engine.inspect(volume)).Status?.['otherHosts']), /host "b"/);
        await b.engine.exec(use.name, 'echo still here >/x/f');
      },
    },
    {
      title: `its last container gone, A removes it at once, and it is gone on B (${label})`,
      seconds: 90,
      work: async ({ a, b }) => {
        await b.engine.removeContainer(use.name);
        await a.engine.remove(volume);
        equal((await b.engine.volumes()).includes(volume), false);
        equal(readdirSync(`/srv/${label}/.nfs-shared/attachments`).join(), '');
      },
    },
  ];
}
