// A removed volume in trash: where its folder lies now, and until when it can be had back.

import { OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import { isRecord, parseRecord, type VolumeRecord } from './record.ts';

const TRASH = `${OURS}/trash`;
const FILE = /^(\d{8}T\d{9}Z-[0-9a-f-]{36}-[A-Za-z0-9][A-Za-z0-9_.-]{0,127})\.json$/;

export interface TrashEntry {
  readonly version: 1;
  /** Names the entry and its folder: the time and id come from the record, so a removal cut short finds it again. */
  readonly name: string;
  /** Where the folder is, below the root: in trash, or hidden beside the volumes where the server allows no more */
  readonly at: string;
  readonly record: VolumeRecord;
  readonly keepUntil: string;
}

/** Its time begins with the move: a removal that is finished days after it was begun gives the whole of it. */
export function trashEntry(removing: VolumeRecord, keepSeconds: number, now: Date): TrashEntry {
  const name = `${removing.since.replace(/[-:.]/g, '')}-${removing.id}-${removing.folder}`;
  const keepUntil = new Date(now.getTime() + keepSeconds * 1000).toISOString();
  return { version: 1, name, at: `${TRASH}/${name}`, record: removing, keepUntil };
}

/** Some servers do not let a folder of somebody else's be moved under another parent. */
export function besideInstead(entry: TrashEntry): TrashEntry {
  return { ...entry, at: `.nfs-shared-${entry.name}` };
}

export function writeTrashEntry(files: FileWork, entry: TrashEntry): Promise<void> {
  return files.replaceText(`${TRASH}/${entry.name}.json`, `${JSON.stringify(entry, undefined, 1)}\n`);
}

export async function forgetTrashEntry(files: FileWork, entry: TrashEntry): Promise<void> {
  await files.removeFile(`${TRASH}/${entry.name}.json`);
}

/** Entries that cannot be read are left where they are: what is not understood is not deleted. */
export async function listTrash(files: FileWork): Promise<TrashEntry[]> {
  const entries: TrashEntry[] = [];
  for (const { name, kind } of await files.list(TRASH)) {
    const match = FILE.exec(name);
    if (kind !== 'file' || match === null) continue;
    const entry = parse(await files.readText(`${TRASH}/${name}`), match[1] as string);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function parse(text: string | undefined, name: string): TrashEntry | undefined {
  let parsed: Partial<TrashEntry>;
  try {
    parsed = JSON.parse(text ?? '') as Partial<TrashEntry>;
  } catch {
    return undefined;
  }
  if (parsed.version !== 1 || parsed.name !== name || typeof parsed.keepUntil !== 'string') return undefined;
  // The place is one of two we would have written ourselves, never what a text on the share says.
  if (parsed.at !== `${TRASH}/${name}` && parsed.at !== `.nfs-shared-${name}`) return undefined;
  if (Number.isNaN(Date.parse(parsed.keepUntil))) return undefined;
  const record = parseRecord(JSON.stringify(parsed.record ?? null), parsed.record?.folder ?? '');
  return isRecord(record) ? (parsed as TrashEntry) : undefined;
}
