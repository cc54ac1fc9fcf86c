// The file work we do on a share, the operations of file-operations.ts below one folder. They run in this process, or in a child
// with another uid where the server squashes root: the same list either way, so every result is plain data.
//
// Nothing here follows a symbolic link at the end of a path, and nothing is recursive.

import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants, type Dirent } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  rename,
  rmdir,
  statfs,
  unlink,
} from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoOf } from '../errors.ts';
import type { FileWork, Inspection, Kind } from './file-operations.ts';
import { nameFirst } from './first-name.ts';
import { isOnSmb, withFreshNames } from './fresh-names.ts';
import { byPath, type Folders } from './open-folders.ts';

export type { FileWork, Inspection, Kind, Space } from './file-operations.ts';

/** A record is a few hundred bytes; a file of this size under its name is not ours. */
const MOST_TEXT = 256 * 1024;

/** By way of open folders where the caller has some, which is never so on SMB. */
export function fileWork(base: string, folders?: Folders): FileWork {
  return folders === undefined ? withFreshNames(workOn(base, byPath(base)), base) : workOn(base, folders);
}

function workOn(base: string, folders: Folders): FileWork {
  const at = folders.at.bind(folders);
  const how: { flag: number } = { flag: constants.O_DIRECT };
  const files: FileWork = {
    readText: path => unlessMissing(() => at(path, place => readSmall(place, how))),
    replaceText: (path, text) =>
      at(path, async place => {
        const temporary = await writeBeside(place, text);
        await orRemove(temporary, () => rename(temporary, place));
        await syncFolder(dirname(place));
      }),
    createText: (path, text) =>
      at(path, async place => {
        const temporary = await writeBeside(place, text);
        // A rename would replace what another host has just made; a link is refused then.
        const named = () => unlessExists(() => link(temporary, place));
        const made = await orRemove(temporary, () => orWithoutLink(base, named, () => nameFirst(files, path, text)));
        await unlink(temporary);
        if (made) await syncFolder(dirname(place));
        return made;
      }),
    writeNew: (path, text) =>
      at(path, async place => {
        const handle = await open(place, 'wx', 0o644);
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
      }),
    linkNew: (from, to) =>
      at(to, async place => {
        const named = () => at(from, old => unlessExists(() => link(old, place)));
        const made = await orWithoutLink(base, named, async () => {
          const text = await files.readText(from);
          if (text === undefined) throw Object.assign(new Error(`there is no ${from}`), { code: 'ENOENT' });
          return await nameFirst(files, to, text);
        });
        if (made) await syncFolder(dirname(place));
        return made;
      }),
    makeSign: (path, text) =>
      at(path, async place => {
        const handle = await open(place, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
        try {
          await handle.writeFile(text);
        } catch (error) {
          if (!isFull(error)) throw error;
        } finally {
          await handle.close().catch((error: unknown) => {
            if (!isFull(error)) throw error;
          });
        }
      }),
    makeFolder: (path, mode) => at(path, place => unlessExists(() => mkdir(place, { mode }))),
    inspect: path => unlessMissing(() => at(path, async place => inspection(await lstat(place, { bigint: true })))),
    setOwner: (path, uid, gid) => at(path, place => onFolder(place, handle => handle.chown(uid, gid))),
    setMode: (path, mode) => at(path, place => onFolder(place, handle => handle.chmod(mode))),
    list: path => at(path, place => onFolder(place, handle => listOpen(`/proc/self/fd/${handle.fd}`))),
    isEmpty: path => at(path, place => onFolder(place, handle => isEmptyOpen(`/proc/self/fd/${handle.fd}`))),
    rename: (from, to) => at(from, old => at(to, place => rename(old, place))),
    removeFile: path => unlessMissing(() => at(path, unlink)),
    removeEmptyFolder: path => unlessMissing(() => at(path, rmdir)),
    space: async () => {
      const { bsize, blocks, bavail } = await statfs(base);
      return { bytes: bsize * blocks, free: bsize * bavail };
    },
  };
  return files;
}

/** The names of the operations, for the child that carries them out for another uid. */
export const fileOperations = Object.keys(fileWork('/')) as (keyof FileWork)[];

/** The same work, refused from the moment its caller has been told that it took too long: nothing new is begun late. */
export function untilLate(files: FileWork, isLate: () => boolean): FileWork {
  return new Proxy(files, {
    get: (target, operation: keyof FileWork) => {
      if (isLate()) throw new Error('the time for this call is over: nothing further is begun');
      return target[operation];
    },
  });
}

const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');

/**
 * O_DIRECT also tells a server of NFSv4.1 and later that we want no delegation. With one, this host would have to be asked
 * before any other may replace the file: cut off from the server, it would hold up theirs for the length of a lease.
 */
async function readSmall(path: string, how: { flag: number }): Promise<string> {
  const { flag } = how;
  try {
    return await readWhole(path, flag);
  } catch (error) {
    // A local disk wants aligned memory for it, and some file systems do not have it: asked once.
    if (errnoOf(error) !== 'EINVAL' || flag === 0) throw error;
    how.flag = 0;
    return await readWhole(path, 0);
  }
}

async function readWhole(path: string, flag: number): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flag);
  try {
    const buffer = Buffer.alloc(4096);
    const parts: Buffer[] = [];
    for (let total = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return Buffer.concat(parts).toString('utf8');
      total += bytesRead;
      if (total > MOST_TEXT) throw Object.assign(new Error(`larger than ${MOST_TEXT} bytes`), { code: 'EFBIG' });
      parts.push(Buffer.from(buffer.subarray(0, bytesRead)));
    }
  } finally {
    await handle.close();
  }
}

async function writeBeside(path: string, text: string): Promise<string> {
  const temporary = `${dirname(path)}/.${basename(path).slice(0, 80)}.${randomUUID()}`;
  const handle = await open(temporary, 'wx', 0o644);
  await orRemove(temporary, async () => {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
  return temporary;
}

/** Some servers and file systems have no way to sync a folder; the rename itself was acknowledged then. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Through an open handle: between two calls by name somebody else on the share could put a link in the folder's place. */
async function onFolder<T>(path: string, act: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return await act(handle);
  } finally {
    await handle.close();
  }
}

async function listOpen(folder: string): Promise<{ name: string; kind: Kind }[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.map(entry => ({ name: entry.name, kind: kindOf(entry) }));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  // Where the server names no kinds, Node asks for each, and one file that another host has just removed fails them all.
  const found: { name: string; kind: Kind }[] = [];
  for (const name of await readdir(folder)) {
    const stats = await unlessMissing(() => lstat(`${folder}/${name}`, { bigint: true }));
    if (stats !== undefined) found.push({ name, kind: kindOf(stats) });
  }
  return found;
}

async function isEmptyOpen(path: string): Promise<boolean> {
  const folder = await opendir(path);
  try {
    return (await folder.read()) === null;
  } finally {
    await folder.close();
  }
}

async function orRemove<T>(temporary: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Some file systems have no hard links, and say so in different words; Samba calls it a matter of rights. */
async function orWithoutLink(base: string, link: () => Promise<boolean>, otherwise: () => Promise<boolean>) {
  try {
    return await link();
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    const none = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS'].includes(errno);
    if (!none && !(errno === 'EACCES' && (await isOnSmb(base)))) throw error;
    return await otherwise();
  }
}

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function unlessExists(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function inspection(stats: BigIntStats): Inspection {
  return {
    kind: kindOf(stats),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode) & 0o7777,
    // Node reads the number as signed, stat(1) and the server do not.
    inode: String(BigInt.asUintN(64, stats.ino)),
    born: String(stats.birthtimeNs),
    modified: isoTime(stats.mtimeMs),
    accessed: isoTime(stats.atimeMs),
    changed: isoTime(stats.ctimeMs),
  };
}

/** Whoever owns a folder can give it any time, also one that no calendar has: that must not make it unreadable. */
function isoTime(milliseconds: bigint): string {
  const most = 8_640_000_000_000_000;
  return new Date(Math.max(-most, Math.min(most, Number(milliseconds)))).toISOString();
}

function kindOf(entry: Dirent | BigIntStats): Kind {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}
