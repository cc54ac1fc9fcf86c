// Every version of NFS that the plugin offers, one remote dir each: the basics. version-details.ts has the rest.

import { equal, match } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';

/** `short` is for labels. */
export const everyVersion = [
  { version: '3', short: '3', type: 'nfs3', args: [] },
  { version: '4.0', short: '40', type: 'nfs4', args: ['vers=4.0'] },
  { version: '4.1', short: '41', type: 'nfs4', args: ['vers=4.1'] },
  { version: '4.2', short: '42', type: 'nfs4', args: [] },
] as const;

const all = everyVersion.map(each => ({ ...each, label: `nas${each.short}` }));
const folderOf = (label: string) => `/srv/${label}`;

export const versions: Suite = {
  name: 'versions',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    all.map(({ label, type, args }) => [label, { type, addr: serverAddress, path: folderOf(label), args }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of all) await server.export(folderOf(label));
  },
  cases: all.flatMap(({ version, label }) => casesOf(version, label)),
};

function casesOf(version: string, label: string): Case[] {
  const volume = `pgdata@${label}`;
  const use = { volumes: [`${volume}:/data`] };
  const [first, second] = [`first-${label}`, `second-${label}`];
  const onServer = `${folderOf(label)}/pgdata`;
  return [
    {
      title: `NFSv${version}: I create a volume with an owner and a mode, and it is a folder on the share`,
      seconds: 60,
      work: async ({ a }) => {
        await a.engine.create(volume, { uid: '999', gid: '998', mode: '0750' });

        const { uid, gid, mode } = statSync(onServer);
        equal(`${uid}:${gid} ${(mode & 0o7777).toString(8)}`, '999:998 750');
        equal((await a.engine.volumes()).includes(volume), true);
      },
    },
    {
      title: `NFSv${version}: a container writes, another one on the same volume reads it`,
      seconds: 120,
      work: async ({ a }) => {
        await a.engine.keep({ ...use, name: first });
        await a.engine.keep({ ...use, name: second, user: '999:998' });
        await a.engine.exec(first, 'echo from the first >/data/file');

        equal(await a.engine.exec(second, 'cat /data/file'), 'from the first');
        equal(await a.engine.exec(second, 'stat -c "%u:%g %a" /data'), '999:998 750');
        equal(readFileSync(`${onServer}/file`, 'utf8'), 'from the first\n');
      },
    },
    {
      title: `NFSv${version}: inspect shows the version that was settled, the folder on the server, and who has it`,
      seconds: 60,
      work: async ({ a }) => {
        const { Status: status = {}, Mountpoint } = await a.engine.inspect(volume);

        equal(Mountpoint.endsWith(`/${label}/pgdata`), true, Mountpoint);
        equal(status['state'], 'ok');
        equal(status['version'], version);
        equal(status['remotePath'], onServer);
        equal(`${status['uid']}:${status['gid']} ${status['mode']}`, '999:998 0750');
        equal(status['references'], 2);
        equal((status['usedBy'] as readonly string[]).length, 2, String(status['usedBy']));
      },
    },
    {
      title: `NFSv${version}: a lock that one container holds keeps another one out`,
      seconds: 120,
      work: async ({ a }) => {
        await a.engine.execDetached(first, 'umask 0; exec 9>/data/lock; flock 9; touch /data/held; sleep 600');
        await a.engine.exec(first, 'until [ -e /data/held ]; do sleep 0.1; done');

        equal(await a.engine.exec(second, 'flock -n -E 9 /data/lock true; echo $?'), '9');
        await a.engine.removeContainer(first);
        equal(await a.engine.exec(second, 'flock -n -E 9 /data/lock true; echo $?'), '0');
      },
    },
    {
      title: `NFSv${version}: a volume that a running or stopped container refers to cannot be removed; after that it goes to the trash`,
      seconds: 120,
      work: async ({ a }) => {
        match(await failureOf(a.engine.remove(volume)), /in use/);
        await a.engine.stop(second);
        match(await failureOf(a.engine.remove(volume)), /in use/);
        equal(existsSync(onServer), true);
        await a.engine.removeContainer(second);
        await a.engine.remove(volume);

        equal(existsSync(onServer), false);
        const trashed = readdirSync(`${folderOf(label)}/.nfs-shared/trash`).find(name => name.endsWith('-pgdata'));
        equal(readFileSync(`${folderOf(label)}/.nfs-shared/trash/${trashed}/data/file`, 'utf8'), 'from the first\n');
        equal((await a.engine.volumes()).includes(volume), false);
      },
    },
  ];
}
