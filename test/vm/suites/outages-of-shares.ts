// Servers that answer, but not as they did: an export withdrawn, replaced, full, or without its disk. Side by side with
// Docker's built-in driver.

import { emptyDisk } from './side-by-side/empty-disk.ts';
import { exportAll, type Fault, needsServer } from './side-by-side/fault.ts';
import { fullDisk } from './side-by-side/full-disk.ts';
import { replacedFolder } from './side-by-side/replaced-folder.ts';
import { sideBySide } from './side-by-side.ts';

const withdrawn: Fault = {
  name: 'the export is withdrawn',
  key: 'withdrawn',
  prepare: exportAll,
  begin: async ({ server }, all) => {
    for (const { folder } of all) await server.withdraw(folder);
  },
  end: exportAll,
  seconds: 20,
  expected: {
    state: 'unreachable',
    refused: needsServer,
    says: /10\.9\.0\.1/,
    writer: 'sees errors and goes on',
    backWithin: 60,
  },
};

export const outagesOfShares = sideBySide('outages-of-shares', [withdrawn, replacedFolder, fullDisk, emptyDisk]);
