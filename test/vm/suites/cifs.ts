// SMB against Samba: every version between two Docker hosts, what is different from NFS, and what goes wrong in words.

import { mkdirSync } from 'node:fs';
import type { Suite } from '../guest/cases.ts';
import { cipherCase, hideCipher } from './cifs/cipher-case.ts';
import { differenceCases } from './cifs/differences.ts';
import { outageCases } from './cifs/outage-cases.ts';
import { olderServerCase, refusalCases, refusedDirs } from './cifs/refusals.ts';
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
    ...refusedDirs,
  },
  prepare: async () => {
    await hideCipher();
    for (const share of [...smbVersions.map(({ label }) => label), 'smbowned', 'smbfile', 'smbspied'])
      smb.share(share, folderOf(share));
    mkdirSync('/srv/smbowned/deep/er', { recursive: true });
    await smb.start(USER, PASSWORD);
  },
  cases: [
    cipherCase,
    ...refusalCases,
    ...smbVersions.flatMap(versionCases),
    ...differenceCases,
    ...secretCases,
    ...outageCases,
    olderServerCase,
    nothingWrittenCase,
  ],
};
