// File work on SMB. The kernel's client remembers for a second that a name was not there and answers from that memory,
// whatever the mount options: what another host has just made would be missing, and a missing record is a volume gone.

import { statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../errors.ts';
import type { FileWork } from './file-operations.ts';
import { joinInside } from './safe-path.ts';

/** What statfs calls cifs with SMB 1, and with 2 and later. */
const SMB = [0xff534d42, 0xfe534d42];

export const isOnSmb = async (base: string): Promise<boolean> => SMB.includes((await statfs(base)).type);

/** The same work; where the base is on SMB, that something is missing is believed only when the server has said so. */
export function withFreshNames(files: FileWork, base: string, isSmb = isOnSmb): FileWork {
  let asked: Promise<boolean> | undefined;
  const onSmb = () => {
    asked ??= isSmb(base).catch(() => false);
    return asked;
  };
  const areThere = async (paths: readonly string[]) =>
    (await onSmb()) && (await Promise.all(paths.map(path => isThere(base, path)))).every(Boolean);
  /** "Stale" is what a name is called that has become another file while it was looked up. */
  const settled = async <T>(act: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (tries === MOST_TRIES || errnoOf(error) !== 'ESTALE' || !(await onSmb())) throw error;
      }
    }
  };
  /** What is not there is undefined. */
  const look = async <T>(act: () => Promise<T | undefined>, path: string): Promise<T | undefined> =>
    (await settled(act)) ?? ((await areThere([path])) ? await settled(act) : undefined);
  /** What is not there is an error; `paths` are what has to be there for the work to be done. */
  const freshly = async <T>(act: () => Promise<T>, ...paths: readonly string[]): Promise<T> => {
    try {
      return await settled(act);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || !(await areThere(paths))) throw error;
      return await settled(act);
    }
  };
  return {
    ...files,
    readText: path => look(() => files.readText(path), path),
    inspect: path => look(() => files.inspect(path), path),
    list: path => freshly(() => files.list(path), path),
    isEmpty: path => freshly(() => files.isEmpty(path), path),
    setOwner: (path, uid, gid) => freshly(() => files.setOwner(path, uid, gid), path),
    setMode: (path, mode) => freshly(() => files.setMode(path, mode), path),
    replaceText: (path, text) => whenNotBusy(() => freshly(() => files.replaceText(path, text), dirname(path)), onSmb),
    createText: (path, text) => freshly(() => files.createText(path, text), dirname(path)),
    writeNew: (path, text) => freshly(() => files.writeNew(path, text), dirname(path)),
    makeSign: (path, text) => freshly(() => files.makeSign(path, text), dirname(path)),
    makeFolder: (path, mode) => freshly(() => files.makeFolder(path, mode), dirname(path)),
    linkNew: (from, to) => freshly(() => files.linkNew(from, to), from, dirname(to)),
    rename: (from, to) => freshly(() => files.rename(from, to), from, dirname(to)),
    removeFile: path => settled(() => files.removeFile(path)),
    removeEmptyFolder: path => settled(() => files.removeEmptyFolder(path)),
  };
}

/**
 * Asked so that nothing is answered from memory, and nothing can happen: with a slash behind its name no file is removed.
 * Each folder on the way may be one that was remembered as missing.
 */
export async function isThere(base: string, path: string): Promise<boolean> {
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  for (let count = 1; count <= parts.length; count += 1) {
    const part = joinInside(base, parts.slice(0, count).join('/'));
    const errno = await unlink(`${part}/`).then(() => undefined, errnoOf);
    if (errno === 'ENOENT') return false;
  }
  return true;
}

const MOST_TRIES = 5;

/** No file is replaced that another call of ours has open at the moment; SMB says "denied" then. */
async function whenNotBusy<T>(act: () => Promise<T>, onSmb: () => Promise<boolean>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === MOST_TRIES || !['EACCES', 'EBUSY'].includes(errnoOf(error) ?? '') || !(await onSmb())) throw error;
      await sleep(tries * 30);
    }
  }
}
