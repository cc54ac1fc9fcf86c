// A removed volume comes back out of trash: with its data and its options, as a new record, so that nothing that was meant
// for the old one can reach it.
//
// The entry is claimed for that record first, what is to be made is written into it, then the record is made, and the data is
// moved last: until then it lies safely where it was. Whoever finds it half way goes on from the record when that is there,
// and gives the entry back otherwise. With the entry's old name back in place, no move that comes late finds its source.

import { errnoOf, Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import { isVolumeName } from './names.ts';
import { type Host, isRecord, parseRecord, recordText, type VolumeRecord } from './record.ts';
import { createRecord, readRecord } from './records.ts';
import { takeBack } from './remove-volume.ts';
import { signNames, takeSigns } from './signs.ts';
import {
  claimEntry,
  findData,
  forgetTrashEntry,
  giveEntryBack,
  parseEntryName,
  readTrashRecord,
  restoredAs,
  restoredPath,
  type TrashEntry,
  trashEntry,
} from './trash-entry.ts';
import { wasRefused } from './was-refused.ts';

export interface RestoringBy {
  readonly host: Host;
  readonly now: () => Date;
  readonly newId: () => string;
}

export interface Restoring extends RestoringBy {
  /** The name it gets, when it is not to be the one it had */
  readonly folder?: string | undefined;
}

export async function restoreVolume(files: FileWork, entry: TrashEntry, restoring: Restoring): Promise<VolumeRecord> {
  const folder = restoring.folder ?? entry.folder;
  const kept = await withoutEarlier(files, entry, restoring);
  await refuseTaken(files, folder);
  const id = restoring.newId();
  const claimed = await claimEntry(files, kept, `restoring.${id}`);
  if (claimed === undefined) throw notRestorable('it is being deleted, or somebody else has it back already');
  try {
    const record = await makeRecord(files, claimed, { ...restoring, folder, id });
    if (await finishRestoring(files, record, restoring)) return record;
    throw notRestorable(`something else called "${folder}" is on the share now`);
  } catch (error) {
    // What was lost may have happened all the same, and may also still be to come.
    const record = await settleRestoring(files, claimed, restoring).catch(() => undefined);
    if (record !== undefined) return record;
    throw error;
  }
}

async function makeRecord(
  files: FileWork,
  claimed: TrashEntry,
  { host, now, folder, id }: Restoring & { readonly folder: string; readonly id: string },
): Promise<VolumeRecord> {
  const old = await readTrashRecord(files, claimed);
  if ((await findData(files, claimed)) === undefined)
    throw notRestorable('its folder is not in trash: it was left in its place, or has been deleted');
  const record: VolumeRecord = {
    version: 1,
    id,
    folder,
    createdAt: old?.createdAt ?? now().toISOString(),
    createdBy: old?.createdBy ?? host,
    adopted: false,
    options: old?.options ?? {},
    restoredFrom: claimed.name,
  };
  // Of an earlier restoration that came late.
  await files.removeFile(restoredPath(claimed.at));
  await files.writeNew(restoredPath(claimed.at), recordText(record));
  await putRecord(files, record);
  return record;
}

async function putRecord(files: FileWork, record: VolumeRecord): Promise<void> {
  const { id, folder } = record;
  try {
    if (await createRecord(files, record)) return;
  } catch (error) {
    // Only what was refused in so many words will not happen any more.
    if (wasRefused(error)) await takeSigns(files, folder, [signNames.creating(id)]).catch(() => {});
    throw error;
  }
  await takeSigns(files, folder, [signNames.creating(id)]);
  throw notRestorable(`there is a volume "${folder}" now`);
}

/** The entry that a record takes its folder from; undefined: from none */
export function restorationOf({ id, restoredFrom }: VolumeRecord): TrashEntry | undefined {
  const entry = typeof restoredFrom === 'string' ? parseEntryName(restoredFrom) : undefined;
  return entry !== undefined && restoredAs(entry) === id ? entry : undefined;
}

/** Moves the data of a record that is half made. false: that is not possible any more, and the record was taken back. */
export async function finishRestoring(files: FileWork, record: VolumeRecord, by: RestoringBy): Promise<boolean> {
  const entry = restorationOf(record);
  if (entry === undefined) return false;
  const isThere = await moveData(files, entry, record);
  if (!isThere) {
    await giveBack(files, entry);
    await takeBack(files, record, { ...by, token: by.newId(), withFolder: false });
    // With nothing left to take back, somebody else has finished it.
    return (await readRecord(files, record.folder))?.id === record.id;
  }
  await takeSigns(files, record.folder, [signNames.creating(record.id)]);
  await forgetTrashEntry(files, entry);
  return true;
}

/** false: the entry was given back, or something else is in the place of the folder. */
async function moveData(files: FileWork, entry: TrashEntry, { folder }: VolumeRecord): Promise<boolean> {
  const data = await findData(files, entry);
  try {
    if (data !== undefined) await files.rename(data, folder);
    if (data !== undefined) return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  // Moved by somebody who is at the same: the entry stands until that is over.
  return (await files.inspect(entry.at)) !== undefined;
}

/** For a restoration that nobody goes on with. Returns the volume that is there again; undefined: it is in trash as before. */
export async function settleRestoring(
  files: FileWork,
  entry: TrashEntry,
  by: RestoringBy,
): Promise<VolumeRecord | undefined> {
  const record = await plannedRecord(files, entry);
  if (record !== undefined && (await readRecord(files, record.folder))?.id === record.id)
    return (await finishRestoring(files, record, by)) ? record : undefined;
  // With nothing left in it, it has come to all but its end. A record that comes late finds no entry: whoever meets it takes
  // it back.
  if (record === undefined && (await findData(files, entry)) === undefined) await forgetTrashEntry(files, entry);
  else await giveBack(files, entry);
  return undefined;
}

async function plannedRecord(files: FileWork, entry: TrashEntry): Promise<VolumeRecord | undefined> {
  // Cut short while it was written, it is nothing yet.
  const text = (await files.readText(restoredPath(entry.at))) ?? '';
  const record = parseRecord(text, folderNamedIn(text));
  return isRecord(record) && restorationOf(record)?.name === entry.name ? record : undefined;
}

function folderNamedIn(text: string): string {
  try {
    const { folder } = JSON.parse(text) as { folder?: unknown };
    return typeof folder === 'string' && isVolumeName(folder) ? folder : '';
  } catch {
    return '';
  }
}

async function giveBack(files: FileWork, entry: TrashEntry): Promise<void> {
  const kept = await giveEntryBack(files, entry);
  if (kept !== undefined) await files.removeFile(restoredPath(kept.at));
}

/** The entry as it is when nobody is restoring it: one that somebody began with and an operator names is settled first. */
export async function withoutEarlier(files: FileWork, entry: TrashEntry, by: RestoringBy): Promise<TrashEntry> {
  if (restoredAs(entry) === undefined) return entry;
  const record = await settleRestoring(files, entry, by);
  if (record !== undefined) throw notRestorable(`it is there again already, as "${record.folder}"`);
  return trashEntry({ id: entry.recordId, folder: entry.folder }, entry.keepUntil);
}

async function refuseTaken(files: FileWork, folder: string): Promise<void> {
  if ((await readRecord(files, folder)) !== undefined) throw notRestorable(`there is a volume "${folder}" now`);
  if ((await files.inspect(folder)) !== undefined)
    throw notRestorable(`there is a folder "${folder}" on the share now`);
}

const notRestorable = (reason: string) => new Failure('NotRestorable', { reason });
