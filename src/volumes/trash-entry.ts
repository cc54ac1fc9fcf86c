// A removed volume in trash: a folder whose name says until when it is kept, with the record in it and the data, or the data
// hidden beside the volumes where the server allows no other place.

import { errnoOf } from '../errors.ts';
import { listIfOurs, OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import { isRecord, parseRecord, type VolumeRecord } from './record.ts';

export const TRASH = `${OURS}/trash`;
const NAME =
  /^(?:(purging|restoring\.[0-9a-f-]{36})-)?(\d{8}T\d{9}Z)-([0-9a-f-]{36})-([A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/;
const RESTORING = /^restoring\.(.*)$/;

export interface TrashEntry {
  readonly name: string;
  /** The entry's folder, below the root */
  readonly at: string;
  readonly folder: string;
  readonly recordId: string;
  readonly keepUntil: Date;
  /** What somebody has begun to do with it; part of the name */
  readonly claimed: Claim | undefined;
}

/** A restoration is named after the record it makes: a move that belongs to one of them can do nothing to another. */
export type Claim = 'purging' | `restoring.${string}`;

/** The id of the record that an entry is being restored as; undefined: it is not being restored */
export const restoredAs = ({ claimed }: TrashEntry): string | undefined => RESTORING.exec(claimed ?? '')?.[1];

export function trashEntry(
  record: Pick<VolumeRecord, 'id' | 'folder'>,
  keepUntil: Date,
  claimed?: Claim | undefined,
): TrashEntry {
  const name = `${claimed === undefined ? '' : `${claimed}-`}${compact(keepUntil)}-${record.id}-${record.folder}`;
  return { name, at: `${TRASH}/${name}`, folder: record.folder, recordId: record.id, keepUntil, claimed };
}

/** Of those who want to delete an entry and those who want it back one gets it. undefined: it was another one. */
export async function claimEntry(files: FileWork, entry: TrashEntry, claim: Claim): Promise<TrashEntry | undefined> {
  return await renamed(files, entry, claim);
}

/** It lies in trash as before. undefined: somebody else has gone on with it, or given it back. */
export async function giveEntryBack(files: FileWork, entry: TrashEntry): Promise<TrashEntry | undefined> {
  return await renamed(files, entry, undefined);
}

async function renamed(files: FileWork, entry: TrashEntry, claim: Claim | undefined): Promise<TrashEntry | undefined> {
  const after = trashEntry({ id: entry.recordId, folder: entry.folder }, entry.keepUntil, claim);
  try {
    if (entry.name !== after.name) await files.rename(entry.at, after.at);
    return after;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the data of an entry lies; undefined: there is none. */
export async function findData(files: FileWork, entry: TrashEntry): Promise<string | undefined> {
  for (const place of [dataPath(entry.at), besideFolder({ id: entry.recordId, folder: entry.folder })])
    if ((await files.inspect(place)) !== undefined) return place;
  return undefined;
}

export const dataPath = (entryFolder: string) => `${entryFolder}/data`;
export const restoredPath = (entryFolder: string) => `${entryFolder}/restored.json`;
export const besideFolder = (record: Pick<VolumeRecord, 'id' | 'folder'>) =>
  `.nfs-shared-${record.id}-${record.folder}`;

/** Whatever else lies in trash is left where it is: what is not understood is not deleted. */
export async function listTrash(files: FileWork): Promise<TrashEntry[]> {
  return (await listIfOurs(files, TRASH)).flatMap(({ name, kind }) => {
    const entry = kind === 'folder' ? parseEntryName(name) : undefined;
    return entry === undefined ? [] : [entry];
  });
}

/** undefined: what lies there as the record is none, or another one */
export async function readTrashRecord(files: FileWork, entry: TrashEntry): Promise<VolumeRecord | undefined> {
  const record = parseRecord((await files.readText(`${entry.at}/record.json`)) ?? '', entry.folder);
  return isRecord(record) && record.id === entry.recordId ? record : undefined;
}

/** After the data is gone. */
export async function forgetTrashEntry(files: FileWork, entry: TrashEntry): Promise<void> {
  await files.removeFile(`${entry.at}/record.json`);
  await files.removeFile(restoredPath(entry.at));
  await files.removeEmptyFolder(entry.at);
}

/** undefined: it is no name of an entry */
export function parseEntryName(name: string): TrashEntry | undefined {
  const [, claimed, time = '', id = '', folder = ''] = NAME.exec(name) ?? [];
  const keepUntil = new Date(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z'));
  return Number.isNaN(keepUntil.getTime())
    ? undefined
    : trashEntry({ id, folder }, keepUntil, claimed as Claim | undefined);
}

const compact = (time: Date) => time.toISOString().replace(/[-:.]/g, '');
