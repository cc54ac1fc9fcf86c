// Deletes a folder and all that is in it. Called in a child only: it blocks, may take hours, and may be killed at any time.
//
// Whoever still has the folder mounted can change it while we delete. So every step goes through the open handle of
// the folder it is in (/proc/self/fd/N), never through a path that could be bent by a symbolic link, and what is mounted
// below is left alone with all that is in it.
//
// One folder is open at a time, however deep the tree: the way back up is "..", believed only when it is the folder we came from.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { errnoOf, printable, reasonOf } from '../errors.ts';

export interface RemoveResult {
  readonly removed: number;
  /** What could not be deleted, the first few by path below the folder */
  readonly left: readonly string[];
  readonly leftCount: number;
}

const MOST_NAMED = 10;

/** `beforeEach` is called before every entry, and ends the work by throwing: nothing else runs in this process meanwhile. */
export function removeTree(parent: string, name: string, beforeEach: () => void = () => {}): RemoveResult {
  const tally: Tally = { removed: 0, left: [], leftCount: 0 };
  let fd = openFolder(Buffer.from(parent));
  try {
    const way: Level[] = [levelOf(fd, Buffer.from('.'), [Buffer.from(name)])];
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const entry = here.names.pop();
      beforeEach();
      if (entry !== undefined) {
        const below = removeOrEnter(fd, here, entry, way, tally);
        if (below === undefined) continue;
        way.push(below.level);
        closeSync(fd);
        fd = below.fd;
      } else {
        way.pop();
        const above = way.at(-1);
        if (above === undefined) break;
        const up = openAbove(fd, above);
        if (up === undefined) {
          leave(tally, way, here.name, 'moved while it was deleted');
          break;
        }
        closeSync(fd);
        fd = up;
        counted(way, here.name, tally, () => rmdirSync(inside(up, here.name)));
      }
    }
  } finally {
    closeSync(fd);
  }
  return tally;
}

type Tally = { removed: number; left: string[]; leftCount: number };

interface Level {
  readonly name: Buffer;
  readonly device: bigint;
  readonly inode: bigint;
  readonly mount: string;
  /** As bytes: a name need not be valid UTF-8 */
  readonly names: Buffer[];
}

function removeOrEnter(
  fd: number,
  here: Level,
  name: Buffer,
  way: readonly Level[],
  tally: Tally,
): { fd: number; level: Level } | undefined {
  let below: { fd: number; level: Level } | undefined;
  try {
    if (lstatSync(inside(fd, name)).isDirectory()) below = enter(inside(fd, name), here, name);
  } catch (error) {
    unlessGone(error, way, name, tally);
    return undefined;
  }
  if (below === undefined) counted(way, name, tally, () => unlinkSync(inside(fd, name)));
  return below;
}

function enter(path: Buffer, above: Level, name: Buffer): { fd: number; level: Level } {
  const fd = openFolder(path);
  try {
    const level = levelOf(fd, name, []);
    // A bind mount may show a folder of the same disk: the number of the mount tells.
    if (level.device !== above.device || level.mount !== above.mount) {
      throw Object.assign(new Error('another file system'), { code: 'EXDEV' });
    }
    level.names.push(...readNames(fd));
    return { fd, level };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openAbove(fd: number, above: Level): number | undefined {
  let up: number;
  try {
    up = openFolder(inside(fd, Buffer.from('..')));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  const { dev, ino } = fstatSync(up, { bigint: true });
  if (dev === above.device && ino === above.inode) return up;
  closeSync(up);
  return undefined;
}

function levelOf(fd: number, name: Buffer, names: Buffer[]): Level {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  if (mount === undefined) throw new Error('the kernel does not tell which mount a folder is on');
  return { name, device: dev, inode: ino, mount, names };
}

function counted(way: readonly Level[], name: Buffer, tally: Tally, remove: () => void): void {
  try {
    remove();
    tally.removed += 1;
  } catch (error) {
    unlessGone(error, way, name, tally);
  }
}

/** Gone already: a purge that was cut short is simply done again. */
function unlessGone(error: unknown, way: readonly Level[], name: Buffer, tally: Tally): void {
  if (errnoOf(error) !== 'ENOENT') leave(tally, way, name, errnoOf(error) ?? reasonOf(error));
}

function leave(tally: Tally, way: readonly Level[], name: Buffer, reason: string): void {
  tally.leftCount += 1;
  if (tally.left.length >= MOST_NAMED) return;
  const path = [...way.slice(1).map(level => level.name), name].map(part => part.toString('utf8')).join('/');
  tally.left.push(`${printable(path, 300)} (${reason})`);
}

const openFolder = (path: Buffer) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

const readNames = (fd: number) => readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });

const inside = (fd: number, name: Buffer) => Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
