// How a volume leaves the share: the record says `removing`, everybody is asked once more whether it is used, the folder is
// renamed into trash (at once, whatever its size), and the record goes. Each step can be done again after a crash.

import { errnoOf, Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import { type Host, inState, type VolumeRecord } from './record.ts';
import { removeRecord, writeRecord } from './records.ts';
import { besideInstead, type TrashEntry, trashEntry, writeTrashEntry } from './trash-entry.ts';

export interface Removal {
  readonly host: Host;
  readonly now: () => Date;
  /** undefined: the folder stays where it is and only the record goes */
  readonly keepSeconds: number | undefined;
  /** Asked after `removing` is written: a Mount elsewhere that came first has left its mark by now. */
  readonly usersNow: () => Promise<readonly string[]>;
}

/** Returns where the folder went; undefined when it was left in place or had gone already. */
export async function removeVolume(
  files: FileWork,
  record: VolumeRecord,
  removal: Removal,
): Promise<TrashEntry | undefined> {
  // One that was cut short keeps its time and so its name in trash.
  const removing = record.state === 'removing' ? record : inState(record, 'removing', removal.host, removal.now());
  if (record.state !== 'removing') await writeRecord(files, removing);
  const users = await removal.usersNow();
  if (users.length > 0) {
    await writeRecord(files, inState(record, 'ready', removal.host, removal.now()));
    throw new Failure('VolumeInUse', { users });
  }
  const entry =
    removal.keepSeconds === undefined
      ? undefined
      : await moveToTrash(files, trashEntry(removing, removal.keepSeconds, removal.now()));
  await removeRecord(files, record.folder);
  return entry;
}

async function moveToTrash(files: FileWork, entry: TrashEntry): Promise<TrashEntry | undefined> {
  // Moved by the first try of this removal: a folder of that name is a new one then, and somebody else's.
  for (const moved of [entry, besideInstead(entry)]) if ((await files.inspect(moved.at)) !== undefined) return moved;
  const folder = await files.inspect(entry.record.folder);
  if (folder === undefined) return undefined;
  if (folder.kind !== 'folder')
    throw new Failure('NotRemovable', {
      reason: `in the place of its folder is a ${folder.kind}; look at it, and remove or restore it by hand`,
    });
  // The note is written first: a folder in trash that nothing speaks of would never be purged nor found.
  await writeTrashEntry(files, entry);
  try {
    await files.rename(entry.record.folder, entry.at);
    return entry;
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
  const beside = besideInstead(entry);
  await writeTrashEntry(files, beside);
  await files.rename(entry.record.folder, beside.at);
  return beside;
}
