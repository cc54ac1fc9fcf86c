// Who on this host has a volume mounted: read from the mount tables of every namespace with a running process in it.
//
// Docker tells a plugin about mounts it makes and mounts it ends, and loses some of both (a killed engine, docker cp, a
// plugin that was away). A container's mount table cannot be wrong: while it shows the volume, the volume is in use.

import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoOf } from '../errors.ts';
import { isDirectMount } from './direct-key.ts';
import { type MountEntry, parseMountTable } from './mount-table.ts';

/** How a volume's folder shows in a mount table. */
export interface VolumeMark {
  /** file system and folder on it, while this host has the share mounted */
  readonly device?: string;
  readonly root?: string;
  /** server and folder, for mounts that outlived ours */
  readonly source?: string;
  /** The same by other addresses of the server: a mount stays with the one that it was made by */
  readonly otherSources?: readonly string[];
  /** Only folders in it count, not the folder itself: for a whole share, which the host sees mounted as we do */
  readonly strictlyBelow?: boolean;
  /** our own read-only binds, which everybody who sees the host's mounts sees too */
  readonly notAt: string;
}

export interface MountUser {
  readonly pid: number;
  /** Docker's id of the container, when the table gives it away */
  readonly container: string | undefined;
  readonly mountPoint: string;
}

export interface Namespace {
  readonly pid: number;
  readonly entries: readonly MountEntry[];
}

export type ReadNamespaces = () => Promise<readonly Namespace[]>;

/** Every mount namespace but our own. Throws when one cannot be read: an unknown user is not "no user". */
export const readNamespaces: ReadNamespaces = async () => {
  const seen = new Set<string>([firstMountId('/proc/self/mountinfo') ?? '']);
  const namespaces: Namespace[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // The number of its first mount tells one namespace from another and, unlike /proc/<pid>/ns/mnt, needs no right to
    // trace the process.
    const file = `/proc/${name}/mountinfo`;
    const first = firstMountId(file);
    if (first === undefined || seen.has(first)) continue;
    const text = readOfLiving(file);
    // It has ended in between: another process may be in the same namespace still, so that one is not seen yet.
    if (text === undefined) continue;
    seen.add(text.split(' ', 1)[0] ?? '');
    namespaces.push({ pid: Number(name), entries: parseMountTable(text) });
    await nextTurn();
  }
  return namespaces;
};

/** undefined: there is no such process any more */
export function readNamespaceOf(pid: number): readonly MountEntry[] | undefined {
  const text = readOfLiving(`/proc/${pid}/mountinfo`);
  return text === undefined ? undefined : parseMountTable(text);
}

export function usersOf(namespaces: readonly Namespace[], mark: VolumeMark): MountUser[] {
  return namespaces.flatMap(({ pid, entries }) =>
    entries
      .filter(entry => shows(entry, mark))
      .map(entry => ({ pid, container: containerOf(entries), mountPoint: entry.mountPoint })),
  );
}

export function describeUser(user: MountUser): string {
  return user.container === undefined
    ? `process ${user.pid} at ${user.mountPoint}`
    : `container ${user.container.slice(0, 12)}`;
}

function shows(entry: MountEntry, mark: VolumeMark): boolean {
  if (entry.mountPoint.includes(mark.notAt) || isDirectMount(entry.mountPoint)) return false;
  // A container may have mounted a folder inside the volume (volume-subpath) and not the volume's own.
  const within = (path: string, folder: string) =>
    (path === folder && mark.strictlyBelow !== true) ||
    (path.startsWith(folder === '/' ? '/' : `${folder}/`) && path !== folder);
  if (
    mark.device !== undefined &&
    mark.root !== undefined &&
    entry.device === mark.device &&
    within(entry.root, mark.root)
  )
    return true;
  if (mark.source === undefined || !isOfServer(entry)) return false;
  return [mark.source, ...(mark.otherSources ?? [])].some(source => within(sourceWithRoot(entry), source));
}

const isOfServer = ({ type }: MountEntry) => type.startsWith('nfs') || type === 'cifs' || type === 'smb3';

/** A bind of a folder on NFS shows that folder either in the source or in the root, depending on the kernel. */
function sourceWithRoot(entry: MountEntry): string {
  const root = entry.root === '/' || entry.source.endsWith(entry.root) ? '' : entry.root;
  return `${entry.source.replace(/\/+$/, '')}${root}`;
}

/** Docker binds its own hostname file into every container, and that file lies in a folder named after the container. */
function containerOf(entries: readonly MountEntry[]): string | undefined {
  for (const entry of entries) {
    const match = /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf)$/.exec(entry.root);
    if (match !== null) return match[1];
  }
  return undefined;
}

function firstMountId(file: string): string | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(32);
      return start.toString('latin1', 0, readSync(fd, start)).split(' ')[0];
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return ifGone(error);
  }
}

function readOfLiving(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return ifGone(error);
  }
}

/** EINVAL: a kernel thread or a zombie, which has no mounts. */
function ifGone(error: unknown): undefined {
  if (['ENOENT', 'ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined;
  throw error;
}
