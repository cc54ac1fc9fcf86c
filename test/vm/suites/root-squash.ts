// A server that does not trust root: who the plugin is there, and what it says where it may do nothing.

import { equal, match } from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import type { Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';

const OWNER = 1500;
const NOBODY = 65534;
const squashed = { options: ['root_squash'] };
const dir = (path: string, more: object = {}) => ({ type: 'nfs4', addr: serverAddress, path, ...more });

export const rootSquash: Suite = {
  name: 'root-squash',
  hosts: ['a'],
  remoteDirs: {
    'as-owner': dir('/srv/as-owner', { uid: OWNER, gid: OWNER }),
    'as-owner-3': dir('/srv/as-owner-3', { uid: OWNER, gid: OWNER, type: 'nfs3' }),
    'as-nobody': dir('/srv/as-nobody'),
    'not-ours': dir('/srv/not-ours'),
  },
  prepare: async ({ server }) => {
    await server.export('/srv/as-owner', { ...squashed, owner: OWNER });
    await server.export('/srv/as-owner-3', { ...squashed, owner: OWNER });
    await server.export('/srv/as-nobody', { ...squashed, owner: NOBODY });
    await server.export('/srv/not-ours', squashed);
  },
  cases: [
    ...['as-owner', 'as-owner-3'].map(label => ({
      title: `the share belongs to the uid that I gave the remote dir: volumes are made, used and removed (${label})`,
      seconds: 150,
      work: async ({ a }: Parameters<Suite['prepare']>[0]) => {
        await a.engine.create(`mine@${label}`);
        const { uid, gid } = statSync(`/srv/${label}/mine`);
        equal(`${uid}:${gid}`, `${OWNER}:${OWNER}`);

        const use = { volumes: [`mine@${label}:/x`], user: `${OWNER}:${OWNER}` };
        equal(await a.engine.run(use, 'echo mine >/x/f; cat /x/f'), 'mine');
        equal((await a.engine.inspect(`mine@${label}`)).Status?.['state'], 'ok');
        await a.engine.remove(`mine@${label}`);
        equal(existsSync(`/srv/${label}/mine`), false);
        equal(readdirSync(`/srv/${label}/.nfs-shared/trash`).filter(name => name.endsWith('-mine')).length, 1);
      },
    })),
    {
      title: 'an owner that the server does not let me set fails the create and leaves nothing behind',
      seconds: 60,
      work: async ({ a }) => {
        match(await failureOf(a.engine.create('other@as-owner', { uid: '999' })), /does not let this host give/);

        equal(existsSync('/srv/as-owner/other'), false);
        equal(existsSync('/srv/as-owner/.nfs-shared/volumes/other.json'), false);
      },
    },
    {
      title: 'the share belongs to the user that root becomes: volumes are made, used and removed without a uid',
      seconds: 120,
      work: async ({ a }) => {
        await a.engine.create('theirs@as-nobody');
        equal(await a.engine.run({ volumes: ['theirs@as-nobody:/x'] }, 'echo kept >/x/f; cat /x/f'), 'kept');
        equal(statSync('/srv/as-nobody/theirs').uid, NOBODY);
        await a.engine.remove('theirs@as-nobody');
        equal(existsSync('/srv/as-nobody/theirs'), false);
      },
    },
    {
      title: 'the share belongs to root, who is nobody there: the refusal names the folder, its owner and what to do',
      seconds: 60,
      work: async ({ a }) => {
        const refusal = await failureOf(a.engine.create('v@not-ours'));

        match(refusal, /may not .* in "\/?.*" on the share \(owner 0:0, mode 0?755\)/);
        match(refusal, /set uid and gid of the remote dir/);
        equal(readdirSync('/srv/not-ours').length, 0);
      },
    },
  ],
};
