// Deletes a folder and all that is in it. Called in a child only: it blocks, may take hours, and may be killed at any time.
//
// Whoever still has the folder mounted can change it while we delete. So every step goes through the open handle of
// the folder it is in (/proc/self/fd/N), never through a path that could be bent by a symbolic link, and a folder that lies
// on another file system is left alone with all that is in it.

import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { errnoOf } from '../errors.ts';

export interface RemoveResult {
  readonly removed: number;
  /** What could not be deleted, the first few by path below the folder */
  readonly left: readonly string[];
  readonly leftCount: number;
}

const MOST_NAMED = 10;

export function removeTree(parent: string, name: string): RemoveResult {
  const tally = { removed: 0, left: [] as string[], leftCount: 0 };
  const fd = openFolder(parent);
  try {
    removeEntry(fd, name, name, fstatSync(fd).dev, tally);
  } finally {
    closeSync(fd);
  }
  return tally;
}

type Tally = { removed: number; left: string[]; leftCount: number };

function removeEntry(parent: number, name: string, shown: string, device: number, tally: Tally): void {
  try {
    const stats = lstatSync(inside(parent, name));
    if (stats.isDirectory()) removeFolder(parent, name, shown, device, tally);
    else unlinkSync(inside(parent, name));
    tally.removed += 1;
  } catch (error) {
    // Gone already: a purge that was cut short is simply done again.
    if (errnoOf(error) !== 'ENOENT') leave(tally, shown, errnoOf(error) ?? String(error));
  }
}

function removeFolder(parent: number, name: string, shown: string, device: number, tally: Tally): void {
  const fd = openFolder(inside(parent, name));
  try {
    if (fstatSync(fd).dev !== device) throw Object.assign(new Error('another file system'), { code: 'EXDEV' });
    const entries: Dirent[] = readdirSync(inside(fd, ''), { withFileTypes: true });
    for (const entry of entries) removeEntry(fd, entry.name, `${shown}/${entry.name}`, device, tally);
  } finally {
    closeSync(fd);
  }
  rmdirSync(inside(parent, name));
}

const openFolder = (path: string) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

const inside = (fd: number, name: string) => (name === '' ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`);

function leave(tally: Tally, shown: string, reason: string): void {
  tally.leftCount += 1;
  if (tally.left.length < MOST_NAMED) tally.left.push(`${shown} (${reason})`);
}
