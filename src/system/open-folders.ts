// Paths by way of open folders, for one piece of work. A client that must not believe what it remembers asks the server for
// every folder on the way to a file, and does so again for the next file; a folder that is open is asked for once. And what
// was found in it at first is what all of the work is done in, whatever others put in its place meanwhile.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { joinInside, partsInside } from './safe-path.ts';

/** Tells where a path is while something is done there. */
export interface Folders {
  at<T>(path: string, act: (place: string) => Promise<T>): Promise<T>;
}

export const byPath = (base: string): Folders => ({ at: async (path, act) => await act(joinInside(base, path)) });

/** Nothing is read through these: they only lead further. */
const O_PATH = 0o10000000;
const FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Below that, folders come and go with the work. */
const DEPTH = 2;

interface Opened {
  readonly handle: Promise<FileHandle>;
  uses: number;
}

export class OpenFolders implements Folders {
  readonly #base: string;
  readonly #opened = new Map<string, Opened>();
  #closed = false;

  constructor(base: string) {
    this.#base = base;
  }

  async at<T>(path: string, act: (place: string) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the work is over: nothing further is begun');
    const parts = partsInside(path);
    return await this.#from(parts, Math.min(parts.length - 1, DEPTH), act);
  }

  /** What is still at work keeps its folders: the number of one that was closed may be another folder's by then. */
  close(): void {
    this.#closed = true;
    for (const key of this.#opened.keys()) this.#closeUnused(key);
  }

  async #from<T>(parts: readonly string[], depth: number, act: (place: string) => Promise<T>): Promise<T> {
    if (depth <= 0) return await act(join(this.#base, ...parts));
    const key = parts.slice(0, depth).join('/');
    const opened = this.#open(key, parts.slice(0, depth));
    opened.uses += 1;
    try {
      const { fd } = await opened.handle;
      return await act(`/proc/self/fd/${fd}/${parts.slice(depth).join('/')}`);
    } finally {
      opened.uses -= 1;
      if (this.#closed) this.#closeUnused(key);
    }
  }

  #open(key: string, parts: readonly string[]): Opened {
    const found = this.#opened.get(key);
    if (found !== undefined) return found;
    const handle = this.#from(parts, parts.length - 1, place => open(place, FLAGS));
    const opened = { handle, uses: 0 };
    this.#opened.set(key, opened);
    // One that is not there may be made by this very work.
    handle.catch(() => this.#opened.delete(key));
    return opened;
  }

  #closeUnused(key: string): void {
    const opened = this.#opened.get(key);
    if (opened === undefined || opened.uses > 0) return;
    this.#opened.delete(key);
    // Nothing was written by way of it, so there is nothing that closing could lose.
    opened.handle.then(handle => handle.close()).catch(() => {});
  }
}
