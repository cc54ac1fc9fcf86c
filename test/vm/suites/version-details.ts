// What else a user asks of every version of NFS: read-only volumes, a folder below the export, owners.

import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { everyVersion } from './versions.ts';

const VOL_PATH = 'docker/volumes';
const all = everyVersion.map(each => ({ ...each, flat: `flat${each.short}`, deep: `deep${each.short}` }));

export const versionDetails: Suite = {
  name: 'version-details',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    all.flatMap(({ flat, deep, type, args }) => [
      [flat, { type, addr: serverAddress, path: `/srv/${flat}`, args }],
      [deep, { type, addr: serverAddress, path: `/srv/${deep}`, args, 'vol-path': VOL_PATH }],
    ]),
  ),
  prepare: async ({ server }) => {
    for (const { flat, deep } of all) for (const label of [flat, deep]) await server.export(`/srv/${label}`);
  },
  cases: [
    ...all.flatMap(({ version, flat, deep }) => [
      readOnly(version, flat),
      belowVolPath(version, deep),
      owners(version, flat),
    ]),
    {
      title: 'one container has a volume of an NFSv3 share and one of an NFSv4.2 share, each on its own share',
      seconds: 240,
      work: async ({ a }) => {
        const [left, right] = ['left@flat3', 'right@flat42'];
        for (const volume of [left, right]) await a.engine.create(volume);
        const use = { volumes: [`${left}:/left`, `${right}:/right`] };
        const mounts = await a.engine.run(
          use,
          'echo L >/left/f; echo R >/right/f; grep -E " /(left|right) " /proc/mounts',
        );

        match(mounts, /^10\.9\.0\.1:\/srv\/flat3\/left \/left nfs \S*\bvers=3,/m);
        match(mounts, /^10\.9\.0\.1:\/srv\/flat42\/right \/right nfs4 \S*\bvers=4\.2,/m);
        equal(readFileSync('/srv/flat3/left/f', 'utf8'), 'L\n');
        equal(readFileSync('/srv/flat42/right/f', 'utf8'), 'R\n');
        for (const volume of [left, right]) await a.engine.remove(volume);
      },
    },
  ],
};

function readOnly(version: string, label: string): Case {
  const [docs, notes, container] = [`docs@${label}`, `notes@${label}`, `reader-${label}`];
  return {
    title: `NFSv${version}: a volume made with access=ro can be read and not changed; one beside it can be written`,
    seconds: 240,
    work: async ({ a: { engine } }) => {
      await engine.create(docs, { access: 'ro' });
      await engine.create(notes);
      writeFileSync(`/srv/${label}/docs/page`, 'from the server\n');
      await engine.keep({ volumes: [`${docs}:/docs`, `${notes}:/notes`], name: container });

      equal(await engine.exec(container, 'cat /docs/page'), 'from the server');
      for (const change of ['echo more >>/docs/page', 'touch /docs/new', 'rm -f /docs/page', 'chmod 0700 /docs'])
        match(await failureOf(engine.exec(container, change)), /read-only file system/i);
      await engine.exec(container, 'cp /docs/page /notes/copy');
      equal(readFileSync(`/srv/${label}/notes/copy`, 'utf8'), 'from the server\n');
      deepEqual(readdirSync(`/srv/${label}/docs`), ['page']);

      const { Status, Mountpoint } = await engine.inspect(docs);
      equal(Status?.['access'], 'ro');
      match(Mountpoint, new RegExp(`/\\.nfs-shared/ro/${label}/docs$`));
      await engine.removeContainer(container);
      for (const volume of [docs, notes]) await engine.remove(volume);
      equal(existsSync(`/srv/${label}/docs`), false);
    },
  };
}

function belowVolPath(version: string, label: string): Case {
  const root = `/srv/${label}/${VOL_PATH}`;
  return {
    title: `NFSv${version}: with vol-path, the volumes lie in that folder of the share, and inspect says so`,
    seconds: 240,
    work: async ({ a: { engine } }) => {
      await engine.create(`app@${label}`);
      equal(await engine.run({ volumes: [`app@${label}:/x`] }, 'echo here >/x/f; cat /x/f'), 'here');

      equal(readFileSync(`${root}/app/f`, 'utf8'), 'here\n');
      deepEqual(readdirSync(`/srv/${label}`), ['docker']);
      deepEqual(readdirSync(`/srv/${label}/docker`), ['volumes']);
      deepEqual(readdirSync(root).sort(), ['.nfs-shared', 'app']);
      const { Status, Mountpoint } = await engine.inspect(`app@${label}`);
      equal(Status?.['remotePath'], `${root}/app`);
      equal(Status?.['source'], `${serverAddress}:/srv/${label}`);
      equal(Mountpoint.endsWith(`/${label}/${VOL_PATH}/app`), true, Mountpoint);

      await engine.remove(`app@${label}`);
      deepEqual(readdirSync(root), ['.nfs-shared']);
    },
  };
}

function owners(version: string, label: string): Case {
  const container = `home-${label}`;
  return {
    title: `NFSv${version}: the owner I gave a volume may write, its group may read, and others may not even look`,
    seconds: 240,
    work: async ({ a: { engine } }) => {
      await engine.create(`home@${label}`, { uid: '1000', gid: '1000', mode: '0750' });
      await engine.keep({ volumes: [`home@${label}:/x`], name: container, user: '1000:1000' });

      const mine = 'umask 022; echo mine >/x/f; echo $(stat -c "%u:%g %a" /x /x/f)';
      equal(await engine.exec(container, mine), '1000:1000 750 1000:1000 644');
      equal(await engine.exec(container, 'cat /x/f', '2000:1000'), 'mine');
      match(await failureOf(engine.exec(container, 'touch /x/g', '2000:1000')), /Permission denied/);
      match(await failureOf(engine.exec(container, 'ls /x', '2000:2000')), /Permission denied/);

      await engine.removeContainer(container);
      await engine.remove(`home@${label}`);
    },
  };
}
