// SMB against Samba: every version between two Docker hosts, what is different from NFS, and where a password could show.

import { mkdirSync } from 'node:fs';
import type { Suite } from '../guest/cases.ts';
import { differenceCases } from './cifs/differences.ts';
import { nothingWrittenCase, secretCases } from './cifs/secrets.ts';
import { dirOf, folderOf, login, PASSWORD, smb, smbVersions, USER } from './cifs/shares.ts';
import { versionCases } from './cifs/version-cases.ts';

export const cifs: Suite = {
  name: 'cifs',
  hosts: ['a', 'b'],
  remoteDirs: {
    ...Object.fromEntries(smbVersions.map(each => [each.label, dirOf(each)])),
    'smb-owned': {
      ...login,
      ...{ path: '/smbowned/deep/er', uid: 1234, gid: 1235, args: 'dir_mode=0750,file_mode=0640' },
    },
    'smb-file': { type: 'cifs', addr: login.addr, path: '/smbfile', credentials: 'nas' },
    'smb-spied': { ...login, path: '/smbspied', 'vol-path': 'volumes' },
  },
  prepare: async () => {
    for (const share of [...smbVersions.map(({ label }) => label), 'smbowned', 'smbfile', 'smbspied'])
      smb.share(share, folderOf(share));
    mkdirSync('/srv/smbowned/deep/er', { recursive: true });
    await smb.start(USER, PASSWORD);
  },
  cases: [...smbVersions.flatMap(versionCases), ...differenceCases, ...secretCases, nothingWrittenCase],
};
