// What goes wrong with SMB, each in words of its own, and a server that goes away.

import type { Suite } from '../guest/cases.ts';
import { cipherCase, hideCipher } from './cifs/cipher-case.ts';
import { outageCases } from './cifs/outage-cases.ts';
import { olderServerCase, refusalCases, refusedDirs, refusingShares } from './cifs/refusals.ts';
import { FAULTS, folderOf, login, PASSWORD, smb, USER } from './cifs/shares.ts';

export const cifsFaults: Suite = {
  name: 'cifs-faults',
  hosts: ['a'],
  remoteDirs: { [FAULTS]: { ...login, path: `/${FAULTS}` }, ...refusedDirs },
  prepare: async () => {
    await hideCipher();
    for (const share of [FAULTS, ...refusingShares]) smb.share(share, folderOf(share));
    await smb.start(USER, PASSWORD);
  },
  cases: [cipherCase, ...refusalCases, ...outageCases, olderServerCase],
};
