// A kernel without one of the ciphers of SMB 3, which mount.cifs calls "No such file or directory".

import { match } from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { runCommand } from '../../../../src/system/run-command.ts';
import type { Case } from '../../guest/cases.ts';
import { command } from '../../guest/command.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { write } from '../../guest/results.ts';
import { FAULTS } from './shares.ts';

const CIPHER = 'gcm';
const AWAY = '/root/cipher-module';
let place = '';

/** Before anything has asked for it: what the kernel has loaded it keeps. */
export async function hideCipher(): Promise<void> {
  const found = await runCommand('modinfo', ['-n', CIPHER], { milliseconds: 10_000 });
  // Built in, as some kernels have it: then nobody can be without.
  place = found.ok ? found.stdout.trim() : '';
  if (place.startsWith('/')) renameSync(place, AWAY);
}

/** First of all. */
export const cipherCase: Case = {
  title: 'a cipher that the kernel of the host lacks is named, and once it is there the share can be used',
  seconds: 120,
  work: async ({ a }) => {
    if (!place.startsWith('/')) {
      write({ kind: 'note', text: `the kernel has ${CIPHER} built in` });
    } else {
      match(await failureOf(a.engine.create(`v@${FAULTS}`)), /this host's kernel lacks gcm\(aes\).*modprobe/);
      renameSync(AWAY, place);
    }
    await command('modprobe', CIPHER);
    await a.engine.create(`v@${FAULTS}`);
    await a.engine.remove(`v@${FAULTS}`);
  },
};
