// A server of NFSv4 may promise a host that has read a file that nobody changes it behind its back, and then has to ask
// that host first: for as long as its lease, when the host cannot be asked any more. What that is for the others.

import { equal, match } from 'node:assert/strict';
import { until } from '../../docker/until.ts';
import { allOf } from '../guest/all-of.ts';
import type { Case, Suite } from '../guest/cases.ts';
import { delegationsOf } from '../guest/delegations.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { measure, timed, write } from '../guest/results.ts';
import { LONGEST, meanwhile, removeInTime } from './delegations/in-time.ts';
import { type Share, shares } from './delegations/shares.ts';
import { note, within } from './outage-watch.ts';

/** As servers come, and as the server of these tests has it for whoever follows. */
const leases = [90, 10];

export const delegations: Suite = {
  name: 'delegations',
  hosts: ['a', 'b'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, args }) => [label, { type: 'nfs4', addr: serverAddress, path: `/srv/${label}`, args }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: leases.flatMap(roundWith),
};

function roundWith(lease: number): Case[] {
  const seen = ({ label }: Share) => `seen${lease}@${label}`;
  const late = ({ label }: Share) => `late${lease}@${label}`;
  const used = ({ label }: Share) => `used${lease}@${label}`;
  const container = ({ label }: Share) => `on${lease}-${label}`;
  const about = ({ version }: Share, call: string) => ({
    fault: `another host is cut off, lease ${lease} s`,
    driver: `nfs-shared, NFSv${version}`,
    call,
  });
  return [
    {
      title: `lease of ${lease} s: host B looks at volumes that A has made, and a container there reads a file`,
      seconds: 240,
      work: async ({ a, b, server }) => {
        await server.changeLease(lease);
        await onAll(async share => {
          await until(`A can make volumes again (${share.label})`, 90_000, () => made(a, seen(share)));
          await a.engine.create(used(share), { mode: '0777' });
          await a.engine.keep({ volumes: [`${used(share)}:/x`], name: container(share) });
          await a.engine.exec(container(share), 'echo first >/x/shared');
          const read = 'exec 9</x/shared; cat <&9; exec sleep 3600';
          await b.engine.keep({ volumes: [`${used(share)}:/x`], name: container(share) }, 'sh', '-c', read);
        });
      },
    },
    {
      title: `lease of ${lease} s: B is cut off; from 4.1 on, A and all its volumes do as if B had never looked`,
      seconds: 200,
      work: async ({ a, b }) => {
        // A promise that B makes no use of is given back after a while: now is when it is worst.
        await onAll(async share => {
          for (let look = 0; look < 3; look += 1) await b.engine.inspect(seen(share));
        });
        const held = delegationsOf('b').map(({ version, file }) => `${file} (${version})`);
        write({ kind: 'note', text: `what the server has promised B: ${held.sort().join(', ') || 'nothing'}` });
        const ours = held.filter(each => /\.json \(4\.[^0]\)$/.test(each));
        equal(ours.join(), '', 'the server has promised B what is written by all hosts');
        await b.unplug();
        await onAll(async share => {
          await allOf([
            removeInTime(share, about(share, 'docker volume rm'), () => a.engine.remove(seen(share))),
            meanwhile(a, share),
            measure(about(share, 'a container writes into a file that B has open'), 115, () =>
              a.engine.exec(container(share), 'echo second >>/x/shared'),
            ),
          ]);
        });
      },
    },
    {
      title: `lease of ${lease} s: whatever came of it, A can remove the volume now, and make it anew`,
      seconds: 200,
      work: async ({ a }) => {
        await onAll(async share => {
          const { seconds } = await timed(() =>
            until(`${seen(share)} is removed`, 150_000, async () => gone(a, seen(share))),
          );
          note(`until ${seen(share)} was removed`, seconds);
          await within(LONGEST, `docker volume create ${seen(share)}`, () =>
            a.engine.create(seen(share), { mode: '0711' }),
          );
          await a.engine.create(late(share));
        });
      },
    },
    {
      title: `lease of ${lease} s: B is back and sees what A has done`,
      seconds: 200,
      work: async ({ a, b }) => {
        await b.plug();
        await onAll(async share => {
          const { seconds } = await timed(() =>
            until(`B sees ${late(share)}`, 120_000, async () =>
              (await b.engine.volumes()).includes(late(share)) ? true : undefined,
            ),
          );
          note(`${share.label}: from B's return until it sees what is new`, seconds);
          equal((await b.engine.inspect(seen(share))).Status?.['mode'], '0711');
          equal(await b.engine.exec(container(share), 'cat /x/shared'), 'first\r\nsecond');
          await b.engine.removeContainer(container(share));
          await a.engine.removeContainer(container(share));
          for (const volume of [seen(share), late(share), used(share)]) await a.engine.remove(volume);
          match(await failureOf(b.engine.inspect(seen(share))), /no such volume/i);
        });
      },
    },
  ];
}

function onAll(work: (share: Share) => Promise<void>): Promise<void> {
  return allOf(shares.map(work));
}

async function made(host: DockerHost, volume: string): Promise<true | undefined> {
  return host.engine.create(volume, { mode: '0750' }).then(
    () => true,
    () => undefined,
  );
}

async function gone(host: DockerHost, volume: string): Promise<true | undefined> {
  if (!(await host.engine.volumes()).includes(volume)) return true;
  return host.engine.remove(volume).then(
    () => true,
    () => undefined,
  );
}
