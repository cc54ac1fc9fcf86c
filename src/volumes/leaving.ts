// A volume on its way out. Its folder and its record are moved into a folder of trash that belongs to this one record, and
// that folder is then renamed into its place among the removed volumes. From that rename on, a move that was sent earlier
// and carried out late finds no target: it can't take a new volume of the same name with it.

import { errnoOf, Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import type { VolumeRecord } from './record.ts';
import { recordPath } from './records.ts';
import { makeFolderForSure, makeSpares } from './spares.ts';
import { besideFolder, dataPath, TRASH, type TrashEntry, trashEntry } from './trash-entry.ts';

/** What nobody has asked us to delete is kept for a day. */
export const LEFTOVER_SECONDS = 24 * 3600;

export const leavingFolder = (record: Pick<VolumeRecord, 'id' | 'folder'>) =>
  `${TRASH}/${record.id}-${record.folder}.leaving`;

/** As long as nothing is in the folder, nothing is decided. */
export async function beginLeaving(files: FileWork, record: VolumeRecord): Promise<void> {
  await makeFolderForSure(files, leavingFolder(record));
}

/** Takes the folder away before anything was moved into it: a move that comes late fails. false: there is no way back. */
export async function withdraw(files: FileWork, record: Pick<VolumeRecord, 'id' | 'folder'>): Promise<boolean> {
  try {
    await files.removeEmptyFolder(leavingFolder(record));
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
    return false;
  }
}

/** Returns what lies in trash now; undefined when another host has finished it. `keepSeconds` undefined: the folder stays. */
export async function leave(
  files: FileWork,
  record: Pick<VolumeRecord, 'id' | 'folder'>,
  keepSeconds: number | undefined,
): Promise<TrashEntry | undefined> {
  const leaving = leavingFolder(record);
  if (keepSeconds !== undefined) await moveFolder(files, record, leaving);
  await unlessGone(() => files.rename(recordPath(record.folder), `${leaving}/record.json`));
  // The server's clock, which is the same for all hosts, and the time of the last move.
  const moved = await files.inspect(leaving);
  if (moved === undefined) return undefined;
  const entry = trashEntry(record, new Date(Date.parse(moved.changed) + (keepSeconds ?? 0) * 1000));
  return (await unlessGone(() => files.rename(leaving, entry.at))) ? entry : undefined;
}

/** For a folder that nobody has used yet: when it is empty it goes with its record, else it stays in trash for a day. */
export async function leaveWithoutTrace(files: FileWork, record: VolumeRecord, withFolder: boolean): Promise<void> {
  const leaving = leavingFolder(record);
  if (withFolder) await moveFolder(files, record, leaving);
  await unlessGone(() => files.rename(recordPath(record.folder), `${leaving}/record.json`));
  await files.removeEmptyFolder(dataPath(leaving)).catch(() => {});
  if ((await files.inspect(dataPath(leaving))) !== undefined) {
    await leave(files, record, LEFTOVER_SECONDS);
    return;
  }
  await files.removeFile(`${leaving}/record.json`);
  await files.removeEmptyFolder(leaving);
  await makeSpares(files);
}

async function moveFolder(
  files: FileWork,
  record: Pick<VolumeRecord, 'id' | 'folder'>,
  leaving: string,
): Promise<void> {
  // Moved by an earlier try of this removal: a folder of that name is a new one then, and somebody else's.
  for (const place of [dataPath(leaving), besideFolder(record)]) if ((await files.inspect(place)) !== undefined) return;
  const folder = await files.inspect(record.folder);
  if (folder === undefined) return;
  if (folder.kind !== 'folder')
    throw new Failure('NotRemovable', {
      reason: `in the place of its folder is a ${folder.kind}; look at it, and remove or restore it by hand`,
    });
  try {
    await unlessGone(() => files.rename(record.folder, dataPath(leaving)));
    return;
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
  // Some servers do not let a folder of somebody else's be moved under another parent.
  await unlessGone(() => files.rename(record.folder, besideFolder(record)));
}

/** Another host, or an earlier call of ours that came late, has done it. */
async function unlessGone(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
