// What is mounted: the text of /proc/<pid>/mountinfo as entries. Pure but for the reader at the end.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   id parent dev root mount-point options [optional fields…] - type source super-options

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path/posix';

export interface MountEntry {
  readonly id: number;
  readonly parent: number;
  /** major:minor of the file system: the same in every namespace, for as long as anybody has it mounted */
  readonly device: string;
  /** which folder of the file system is mounted here */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** The number of the group whose members have each other's mounts; undefined: it is in none */
  readonly peers: number | undefined;
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export function parseMountTable(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(parseLine);
}

/** The topmost mount at exactly this path: later entries lie over earlier ones. */
export function mountAt(table: readonly MountEntry[], path: string): MountEntry | undefined {
  return table.findLast(entry => entry.mountPoint === path);
}

/** Mounts strictly below this path, in the order they were made. */
export function mountsBelow(table: readonly MountEntry[], path: string): MountEntry[] {
  const prefix = path === '/' ? '/' : `${path}/`;
  return table.filter(entry => entry.mountPoint !== path && entry.mountPoint.startsWith(prefix));
}

/** Which folder of which file system a path names, as far as the table tells: symbolic links are not followed. */
export function locate(table: readonly MountEntry[], path: string): { device: string; root: string } | undefined {
  const ids = new Set(table.map(entry => entry.id));
  const isOn = (entry: MountEntry, parent: MountEntry | undefined) =>
    parent === undefined ? entry.parent === entry.id || !ids.has(entry.parent) : entry.parent === parent.id;
  // From mount to mount, as the kernel walks: what lies hidden under a later mount nearer to "/" is not met.
  let found: MountEntry | undefined;
  for (let steps = 0; steps <= table.length; steps += 1) {
    const next = table
      .filter(entry => entry.id !== found?.id && isOn(entry, found) && covers(entry, path))
      .reduce<MountEntry | undefined>(
        (best, entry) => (best !== undefined && isNearer(best, entry) ? best : entry),
        undefined,
      );
    if (next === undefined) break;
    found = next;
  }
  if (found === undefined) return undefined;
  return { device: found.device, root: join(found.root, relative(found.mountPoint, path)) };
}

const isNearer = (one: MountEntry, other: MountEntry) => one.mountPoint.length < other.mountPoint.length;

const covers = ({ mountPoint }: MountEntry, path: string) =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);

export type ReadMountTable = () => readonly MountEntry[];

/** Synchronous: it is memory of the kernel's, and must be readable while every pool thread is stuck. */
export const readMountTable: ReadMountTable = () => parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));

function parseLine(line: string): MountEntry {
  const fields = line.split(' ');
  // The optional fields end at the first lone "-" after the six fixed ones; a mount point may itself be named "-".
  const dash = fields.indexOf('-', 6);
  const [id, parent, device, root, mountPoint, options] = fields;
  const [type, source, superOptions] = dash < 0 ? [] : fields.slice(dash + 1);
  if (
    device === undefined ||
    root === undefined ||
    mountPoint === undefined ||
    options === undefined ||
    type === undefined ||
    source === undefined ||
    superOptions === undefined ||
    !/^\d+ \d+$/.test(`${id} ${parent}`)
  ) {
    // An entry we cannot read might be the one that matters: an incomplete table is worse than none.
    throw new Error(`the mount table has a line that cannot be read: ${JSON.stringify(line.slice(0, 200))}`);
  }
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescaped(root),
    mountPoint: withoutDeleted(unescaped(mountPoint)),
    options: options.split(','),
    peers: peersOf(fields.slice(6, dash)),
    type: unescaped(type),
    source: unescaped(source),
    superOptions: superOptions.split(','),
  };
}

function peersOf(optional: readonly string[]): number | undefined {
  const shared = optional.find(field => field.startsWith('shared:'));
  return shared === undefined ? undefined : Number(shared.slice('shared:'.length));
}

/** The kernel writes space, tab, newline, backslash and "#" as three octal digits. */
function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  const bytes: number[] = [];
  const raw = Buffer.from(field, 'utf8');
  for (let at = 0; at < raw.length; at += 1) {
    const digits = raw.subarray(at + 1, at + 4).toString('latin1');
    if (raw[at] === 0x5c && /^[0-3][0-7]{2}$/.test(digits)) {
      bytes.push(Number.parseInt(digits, 8));
      at += 3;
    } else {
      bytes.push(raw[at] as number);
    }
  }
  return Buffer.from(bytes).toString('utf8');
}

/** A mount point whose folder was unlinked in another namespace is shown as "/path//deleted". */
function withoutDeleted(path: string): string {
  return path.endsWith('//deleted') ? path.slice(0, -'//deleted'.length) : path;
}
