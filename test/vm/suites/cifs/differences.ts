// Where SMB is not NFS: owners, names, links, and what one host sees of another.

import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { until } from '../../../docker/until.ts';
import type { Case } from '../../guest/cases.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { folderOf } from './shares.ts';

const top = folderOf('smb311');
const ROUNDS = 8;

export const differenceCases: readonly Case[] = [
  {
    title: 'owner and mode that are not those of the remote dir are refused in words, and nothing is left',
    seconds: 120,
    work: async ({ a }) => {
      const before = everything();
      match(
        await failureOf(a.engine.create('owned@smb311', { uid: '1' })),
        /owner 1:998: SMB shows all files.* 999:998/,
      );
      match(
        await failureOf(a.engine.create('owned@smb311', { mode: '0750' })),
        /mode 0750: SMB shows all .* here 0770/,
      );
      deepEqual(everything(), before);
      await a.engine.create('owned@smb311', { uid: '999', gid: '998', mode: '0770' });
      await a.engine.remove('owned@smb311');
    },
  },
  {
    title: 'a name that differs from another only in case is refused, and so is one that servers keep for themselves',
    seconds: 120,
    work: async ({ a, b }) => {
      mkdirSync(`${top}/Media`);
      await a.engine.create('Shop@smb311');
      for (const host of [a, b]) {
        match(
          await failureOf(host.engine.create('shop@smb311')),
          /there is "Shop" already, and SMB does not tell names/,
        );
        match(await failureOf(host.engine.create('MEDIA@smb311')), /there is "Media" already, and SMB does not tell/);
        match(await answerOf(host, 'shop@smb311'), /no such volume/);
      }
      for (const name of ['con', 'Lpt1.x'])
        match(await failureOf(a.engine.create(`${name}@smb311`)), /name of a device/);
      match(await failureOf(a.engine.create('dot.@smb311')), /drop dots and spaces at the end/);
      await a.engine.create('Media@smb311');
      equal((await b.engine.inspect('Media@smb311')).Status?.['adopted'], true);
      for (const name of ['Shop', 'Media']) await b.engine.remove(`${name}@smb311`);
      equal(existsSync(`${top}/Media`), true);
    },
  },
  {
    title: 'a volume that B has just been told is not there is there once A has made it, every time',
    seconds: 180,
    work: async ({ a, b }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const name = `fresh${round}@smb311`;
        match(await answerOf(b, name), /no such volume/);
        await create(a, name);
        equal(await answerOf(b, name), '', `round ${round}`);
        equal(errIn((await b.plugin.call('Remove', { Name: name })).body), '');
        match(await answerOf(a, name), /no such volume/);
      }
    },
  },
  {
    title: 'of two hosts that make the same volume at once both have it, made by one of them',
    seconds: 180,
    work: async ({ a, b }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const name = `both${round}@smb311`;
        await Promise.all([create(a, name), create(b, name)]);
        const makers = await Promise.all(
          [a, b].map(async host => (await host.engine.inspect(name)).Status?.['createdBy'] ?? 'nobody'),
        );
        equal(makers[0], makers[1]);
        const removals = await Promise.allSettled([a, b].map(host => host.engine.remove(name)));
        equal(
          removals.some(({ status }) => status === 'fulfilled'),
          true,
        );
      }
      deepEqual(
        readdirSync(top).filter(each => each.startsWith('both')),
        [],
      );
      deepEqual(readdirSync(`${top}/.nfs-shared/volumes`), []);
    },
  },
  {
    title: 'programs in a container make symbolic links, and a volume with them in it is deleted whole',
    seconds: 150,
    work: async ({ a }) => {
      await a.engine.create('linked@smb311', { 'on-remove': 'delete' });
      const work = 'mkdir /x/d; echo text >/x/d/f; ln -s d/f /x/l; cat /x/l; readlink /x/l';
      equal((await a.engine.run({ volumes: ['linked@smb311:/x'] }, work)).replace(/\s+/g, ' '), 'text d/f');
      await a.engine.remove('linked@smb311');
      const trash = `${top}/.nfs-shared/trash`;
      await until('the removed volume is deleted', 60_000, () =>
        readdirSync(trash).some(each => each.endsWith('-linked')) ? undefined : true,
      );
    },
  },
  {
    title: 'a folder deep in a share, with an owner and modes of its own',
    seconds: 120,
    work: async ({ a }) => {
      await a.engine.create('deep@smb-owned');
      const work = 'touch /x/f; stat -c "%u:%g %a" /x /x/f';
      const seen = await a.engine.run({ volumes: ['deep@smb-owned:/x'] }, work);
      equal(seen.replace(/\s+/g, ' '), '1234:1235 750 1234:1235 640');
      equal(existsSync('/srv/smbowned/deep/er/deep/f'), true);
      await a.engine.remove('deep@smb-owned');
    },
  },
];

const everything = () => readdirSync(top, { recursive: true, encoding: 'utf8' }).sort();

/** Past Docker, which would remember. */
async function create({ plugin }: DockerHost, name: string): Promise<void> {
  equal(errIn((await plugin.call('Create', { Name: name, Opts: {} })).body), '');
}

/** What the share says. One that is slow for a moment is asked again. */
function answerOf({ plugin }: DockerHost, name: string): Promise<string> {
  return until(`there is an answer about ${name}`, 60_000, async () => {
    const { Err = '', Volume } = (await plugin.call('Get', { Name: name })).body as Seen;
    const isFromShare = Volume === undefined ? Err.includes('no such volume') : Volume.Status['state'] === 'ok';
    return isFromShare ? Err : undefined;
  });
}

interface Seen {
  readonly Err?: string;
  readonly Volume?: { readonly Status: Readonly<Record<string, unknown>> };
}

const errIn = (body: unknown) => String((body as { Err?: string }).Err ?? '');
