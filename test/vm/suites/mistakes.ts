// Settings that cannot work: when a user is told so, and how, beside Docker's built-in driver with the same mistake.

import { equal, match, ok } from 'node:assert/strict';
import type { Case, Suite } from '../guest/cases.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { type Measurement, measure } from '../guest/results.ts';
import type { Stage } from '../guest/stage.ts';

interface Mistake {
  readonly fault: string;
  readonly key: string;
  readonly addr?: string;
  readonly port?: number;
  readonly path: string;
  readonly says: RegExp;
}

const GOOD = '/srv/mistakes-good';
const SECRET = '/srv/mistakes-secret';
/** What a user waits for a refusal at most; without emulation it is five seconds. */
const SOON = 12;

const wrongSettings: readonly Mistake[] = [
  { fault: 'a path that is not exported', key: 'path', path: '/srv/none', says: /does not export \/srv\/none/ },
  { fault: 'an export this host may not use', key: 'denied', path: SECRET, says: /10\.9\.0\.99/ },
  { fault: 'a port where nothing listens', key: 'port', port: 2050, path: GOOD, says: /10\.9\.0\.1.*2050/ },
  { fault: 'an address that no machine has', key: 'nobody', addr: '10.9.0.77', path: GOOD, says: /10\.9\.0\.77/ },
  {
    fault: 'a server name that does not resolve',
    key: 'name',
    addr: 'no-such-server.invalid',
    path: GOOD,
    says: /no-such-server\.invalid/,
  },
];

const versions = [
  { version: '3', type: 'nfs3' },
  { version: '4.2', type: 'nfs4' },
] as const;
const labelOf = ({ key }: Mistake, version: string) => `mistake-${key}-${version}`;
/** Two labels of one folder would be a mistake of another kind. */
const folderOf = (path: string, version: string) => `${path}-v${version}`;

export const mistakes: Suite = {
  name: 'mistakes',
  hosts: ['a', 'b'],
  withoutPlugin: ['b'],
  remoteDirs: Object.fromEntries(
    wrongSettings.flatMap(mistake => {
      const { addr = serverAddress, port, path } = mistake;
      return versions.map(({ version, type }) => [
        labelOf(mistake, version),
        { type, addr, path: folderOf(path, version), ...(port === undefined ? {} : { port }) },
      ]);
    }),
  ),
  prepare: async ({ server }) => {
    for (const { version } of versions) {
      await server.export(folderOf(GOOD, version));
      await server.export(folderOf(SECRET, version), { clients: '10.9.0.99' });
    }
  },
  cases: wrongSettings.map(
    (mistake): Case => ({
      title: `${mistake.fault}: each call is refused soon, and says what is wrong`,
      seconds: 150,
      work: async stage => {
        await Promise.all([...versions.map(({ version }) => ours(stage, mistake, version)), builtIn(stage, mistake)]);
      },
    }),
  ),
};

async function ours({ a }: Stage, mistake: Mistake, version: string): Promise<void> {
  const volume = `v@${labelOf(mistake, version)}`;
  const about = { fault: mistake.fault, driver: `nfs-shared, NFSv${version}` };
  const refused = ({ call, seconds, outcome = 'no end yet' }: Measurement) => {
    match(outcome, mistake.says);
    ok(seconds < SOON, `${call} took ${seconds} s`);
  };
  refused(await measure({ ...about, call: 'docker volume create' }, 40, () => a.engine.create(volume)));
  refused(
    await measure({ ...about, call: 'docker run' }, 40, () => a.engine.run({ volumes: [`${volume}:/x`] }, 'true')),
  );
  equal((await a.engine.volumes()).includes(volume), false);
}

/** Only measured. It makes the volume without asking the server, so the mistake is found by the first container. */
async function builtIn({ b }: Stage, { fault, key, addr = serverAddress, port, path }: Mistake): Promise<void> {
  const volume = `mistake-${key}`;
  const o = `addr=${addr},vers=4.2,hard${port === undefined ? '' : `,port=${port}`}`;
  const about = { fault, driver: 'built-in, NFSv4.2' };
  await measure({ ...about, call: 'docker volume create' }, 60, () =>
    b.engine.create(volume, { type: 'nfs', o, device: `:${folderOf(path, '4.2')}` }, 'local'),
  );
  await measure({ ...about, call: 'docker run' }, 60, () =>
    b.engine.run({ volumes: [`${volume}:/x`], driver: 'local' }, 'true'),
  );
}
