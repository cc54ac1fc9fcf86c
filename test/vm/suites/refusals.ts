// Remote dirs that cannot work: each says why in words, at once, and does not keep the others from working.

import { equal, match, ok } from 'node:assert/strict';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { timed } from '../guest/results.ts';

/** What a user waits for a refusal at most; without emulation it is five seconds. */
const SOON = 12;

const addr = serverAddress;
const refused: readonly { label: string; title: string; dir: Readonly<Record<string, unknown>>; says: RegExp }[] = [
  {
    label: 'wrong-path-3',
    title: 'a path that the server does not export is refused with the exports there are (NFSv3)',
    dir: { type: 'nfs3', addr, path: '/srv/nowhere' },
    says: /10\.9\.0\.1 answers on port 2049 but does not export \/srv\/nowhere to this host \(exports: .*\/srv\/good/,
  },
  {
    label: 'wrong-path-4',
    title: 'a path that the server does not export is refused with the exports there are (NFSv4)',
    dir: { type: 'nfs4', addr, path: '/srv/nothing' },
    says: /10\.9\.0\.1 answers on port 2049 but does not export \/srv\/nothing to this host \(exports: .*\/srv\/good/,
  },
  {
    label: 'forbidden-3',
    title: 'a server that does not let this host in is named, with the hosts it lets in (NFSv3)',
    dir: { type: 'nfs3', addr, path: '/srv/forbidden' },
    says: /10\.9\.0\.1 exports \/srv\/forbidden but denies it to this host \(allowed: 10\.9\.0\.99\)/,
  },
  {
    label: 'forbidden-4',
    title: 'a server that does not let this host in is named, with the hosts it lets in (NFSv4)',
    dir: { type: 'nfs4', addr, path: '/srv/secret' },
    says: /10\.9\.0\.1 exports \/srv\/secret .*10\.9\.0\.99/,
  },
  {
    label: 'no-server',
    title: 'an address where nothing listens is refused with the address and port',
    dir: { type: 'nfs4', addr, port: 2050, path: '/srv/good' },
    says: /10\.9\.0\.1.*2050/,
  },
  {
    label: 'nobody',
    title: 'an address that no machine has is refused',
    dir: { type: 'nfs4', addr: '10.9.0.77', path: '/srv/good' },
    says: /10\.9\.0\.77/,
  },
  {
    label: 'no-name',
    title: 'a server name that cannot be resolved is refused with the name',
    dir: { type: 'nfs4', addr: 'no-such-server.invalid', path: '/srv/good' },
    says: /no-such-server\.invalid.*resolve|resolve.*no-such-server\.invalid/,
  },
];

export const refusals: Suite = {
  name: 'refusals',
  hosts: ['a'],
  remoteDirs: {
    good: { type: 'nfs4', addr, path: '/srv/good' },
    ...Object.fromEntries(refused.map(({ label, dir }) => [label, dir])),
  },
  prepare: async ({ server }) => {
    await server.export('/srv/good');
    for (const folder of ['/srv/forbidden', '/srv/secret']) await server.export(folder, { clients: '10.9.0.99' });
  },
  cases: [
    ...refused.map(asCase),
    {
      title: 'the remote dir beside all these works, and the list of volumes comes without delay',
      seconds: 60,
      work: async ({ a }) => {
        await a.engine.create('fine@good');
        const { seconds, value } = await timed(() => a.engine.volumes());

        equal(value.includes('fine@good'), true);
        ok(seconds < 5, `the list took ${seconds} s`);
        equal(await a.engine.run({ volumes: ['fine@good:/x'] }, 'echo yes >/x/f; cat /x/f'), 'yes');
      },
    },
  ],
};

function asCase({ label, title, says }: (typeof refused)[number]): Case {
  return {
    title,
    seconds: 60,
    work: async ({ a }) => {
      const { seconds, value } = await timed(() => failureOf(a.engine.create(`v@${label}`)));

      match(value, says);
      ok(seconds < SOON, `the refusal took ${seconds} s`);
      equal((await a.engine.volumes()).includes(`v@${label}`), false);
    },
  };
}
