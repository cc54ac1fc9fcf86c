// Somebody deletes the exported folder and makes it anew, and puts it back from a backup later: every handle that clients
// have is worth nothing from then on.

import { mkdirSync, rmSync } from 'node:fs';
import { command } from '../../guest/command.ts';
import { exportAll, type Fault, needsServer } from './fault.ts';

const backupOf = (folder: string) => `${folder}.backup`;

export const replacedFolder: Fault = {
  name: 'the exported folder is replaced by an empty one',
  key: 'replaced',
  prepare: exportAll,
  begin: async (stage, all) => {
    for (const { folder } of all) {
      await command('cp', '-a', folder, backupOf(folder));
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
    await exportAll(stage, all);
  },
  end: async (stage, all) => {
    for (const { folder } of all) {
      rmSync(folder, { recursive: true });
      await command('cp', '-a', backupOf(folder), folder);
    }
    await exportAll(stage, all);
  },
  seconds: 20,
  expected: {
    state: 'wrong-share',
    refused: needsServer,
    says: /is not the share this host knows/,
    // NFS cannot do better: the container has a folder that is gone.
    writer: 'needs a restart',
    backWithin: 60,
  },
};
