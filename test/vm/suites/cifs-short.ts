// The life of one volume on SMB, for every change; suite cifs has the rest.

import { equal } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Suite } from '../guest/cases.ts';
import { folderOf, login, PASSWORD, smb, USER } from './cifs/shares.ts';

const SHARE = 'smbshort';
const VOLUME = `notes@${SHARE}`;
const use = { volumes: [`${VOLUME}:/x`] };

export const cifsShort: Suite = {
  name: 'cifs-short',
  hosts: ['a'],
  remoteDirs: { [SHARE]: { ...login, path: `/${SHARE}` } },
  prepare: async () => {
    smb.share(SHARE, folderOf(SHARE));
    await smb.start(USER, PASSWORD);
  },
  cases: [
    {
      title: 'a volume on SMB is made, written by one container, read by the next, inspected and removed',
      seconds: 120,
      work: async ({ a }) => {
        await a.engine.create(VOLUME);
        await a.engine.run(use, 'echo kept >/x/f');
        equal(await a.engine.run(use, 'cat /x/f'), 'kept');
        const { Status: status = {} } = await a.engine.inspect(VOLUME);
        equal(`${status['state']} ${status['type']} ${status['version']}`, 'ok cifs 3.1.1');
        await a.engine.remove(VOLUME);
        equal(existsSync(`${folderOf(SHARE)}/notes`), false);
      },
    },
  ],
};
