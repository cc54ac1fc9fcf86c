// A folder of its own for each test of a file. Whatever a test has mounted in it is let go before it is deleted.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { mountsBelow, parseMountTable } from '../src/mounts/mount-table.ts';

/** Returns the way to the folder of the test that is running: a path below it, or the folder itself. */
export function useTempFolder(): (path?: string) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfs-shared-unit-'));
    // Children of another uid have to get in.
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    for (const { mountPoint } of mountedIn(folder).reverse()) {
      execFileSync('umount', ['-i', '-n', '-c', '-l', mountPoint]);
    }
    if (mountedIn(folder).length > 0) throw new Error(`something is still mounted in ${folder}`);
    execFileSync('rm', ['-rf', '--one-file-system', folder]);
  });
  return (path = '') => join(folder, path);
}

function mountedIn(folder: string) {
  const table = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  return [...table.filter(entry => entry.mountPoint === folder), ...mountsBelow(table, folder)];
}
