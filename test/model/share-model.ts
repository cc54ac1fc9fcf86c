// A share in memory, each file operation in one step: what two hosts' operations can do to each other is decided by their
// order alone. Folders have an identity, so that a test can say which one lies where.

import type { FileWork, Inspection } from '../../src/system/file-work.ts';

export type Entry = { readonly folder: number } | { readonly text: string };

export class ShareModel {
  readonly entries = new Map<string, Entry>();
  #nextFolder = 1;

  constructor(folders: readonly string[]) {
    for (const path of folders) this.entries.set(path, { folder: 0 });
  }

  /** The whole state, as text that is the same for the same state. */
  key(): string {
    return JSON.stringify([...this.entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Which folder lies at a path. */
  folderAt(path: string): number | undefined {
    const entry = this.entries.get(path);
    return entry !== undefined && 'folder' in entry ? entry.folder : undefined;
  }

  readonly files: FileWork = asFileWork({
    readText: path => {
      const entry = this.entries.get(path);
      if (entry === undefined) return undefined;
      if ('folder' in entry) throw errno('EISDIR');
      return entry.text;
    },
    replaceText: (path, text) => this.#put(path, text),
    createText: (path, text) => {
      if (this.entries.has(path)) return false;
      this.#put(path, text);
      return true;
    },
    makeSign: (path, text) => this.#put(path, text),
    writeNew: (path, text) => {
      if (this.entries.has(path)) throw errno('EEXIST');
      this.#put(path, text);
    },
    linkNew: (from, to) => {
      const entry = this.#mustExist(from);
      if (this.entries.has(to)) return false;
      this.#mustHaveParent(to);
      this.entries.set(to, entry);
      return true;
    },
    makeFolder: path => {
      if (this.entries.has(path)) return false;
      this.#mustHaveParent(path);
      this.entries.set(path, { folder: this.#nextFolder++ });
      return true;
    },
    inspect: path => {
      const entry = this.entries.get(path);
      return entry === undefined ? undefined : inspection(entry);
    },
    setOwner: path => this.#mustExist(path),
    setMode: path => this.#mustExist(path),
    list: path => {
      this.#mustExist(path);
      return this.#namesIn(path).map(name => {
        const entry = this.entries.get(`${path}/${name}`) as Entry;
        return { name, kind: inspection(entry).kind };
      });
    },
    isEmpty: path => this.#namesIn(path).length === 0,
    rename: (from, to) => this.#rename(from, to),
    removeFile: path => void this.entries.delete(path),
    removeEmptyFolder: path => {
      if (this.#namesIn(path).length > 0) throw errno('ENOTEMPTY');
      this.entries.delete(path);
    },
    space: () => ({ bytes: 1, free: 1 }),
  });

  #put(path: string, text: string): void {
    this.#mustHaveParent(path);
    this.entries.set(path, { text });
  }

  #rename(from: string, to: string): void {
    const entry = this.#mustExist(from);
    this.#mustHaveParent(to);
    const target = this.entries.get(to);
    if (target !== undefined && 'folder' in entry) {
      if (!('folder' in target)) throw errno('ENOTDIR');
      if (this.#namesIn(to).length > 0) throw errno('ENOTEMPTY');
    }
    if (target !== undefined && 'folder' in target && !('folder' in entry)) throw errno('EISDIR');
    for (const [path, each] of [...this.entries]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.entries.delete(path);
      this.entries.set(`${to}${path.slice(from.length)}`, each);
    }
  }

  #mustExist(path: string): Entry {
    const entry = this.entries.get(path);
    if (entry === undefined) throw errno('ENOENT');
    return entry;
  }

  #mustHaveParent(path: string): void {
    const end = path.lastIndexOf('/');
    if (end > 0) this.#mustExist(path.slice(0, end));
  }

  #namesIn(path: string): string[] {
    const start = path === '' ? '' : `${path}/`;
    return [...this.entries.keys()]
      .filter(each => each.startsWith(start) && !each.slice(start.length).includes('/'))
      .map(each => each.slice(start.length))
      .sort();
  }
}

type Plain = { [K in keyof FileWork]: (...args: Parameters<FileWork[K]>) => Awaited<ReturnType<FileWork[K]>> | Entry };

/** The operations are carried out where they are called; only their answers are promises. */
function asFileWork(plain: Plain): FileWork {
  const wrapped = Object.entries(plain).map(([name, act]) => [
    name,
    async (...args: readonly unknown[]) => (act as (...args: readonly unknown[]) => unknown)(...args),
  ]);
  return Object.fromEntries(wrapped) as FileWork;
}

function inspection(entry: Entry): Inspection {
  const isFolder = 'folder' in entry;
  const time = '2026-01-01T00:00:00.000Z';
  return {
    kind: isFolder ? 'folder' : 'file',
    uid: 0,
    gid: 0,
    mode: 0o755,
    born: '0',
    inode: isFolder ? String(entry.folder) : '0',
    modified: time,
    accessed: time,
    changed: time,
  };
}

const errno = (code: string) => Object.assign(new Error(code), { code });
