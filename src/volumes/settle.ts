// Removals that nobody goes on with: their host has crashed, or gave up on a share that did not answer. What had not moved
// anything yet is taken back; what had is carried to its end.

import { listIfOurs } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import { LEFTOVER_SECONDS, leave, leavingFolder, withdraw } from './leaving.ts';
import { isRecord, parseRecord, type VolumeRecord } from './record.ts';
import { readRecord } from './records.ts';
import { listSigns, removeSignFolder, takeSigns } from './signs.ts';
import { dataPath, TRASH } from './trash-entry.ts';

/** The removals that have got as far as the trash and are not through it. */
export async function listLeaving(files: FileWork): Promise<Leaving[]> {
  return (await listIfOurs(files, TRASH)).flatMap(({ name, kind }) => {
    const [, id, folder] = LEAVING.exec(name) ?? [];
    return kind !== 'folder' || id === undefined || folder === undefined ? [] : [{ id, folder }];
  });
}

export type Leaving = Pick<VolumeRecord, 'id' | 'folder'>;
const LEAVING = /^([0-9a-f-]{36})-([A-Za-z0-9][A-Za-z0-9_.-]{0,127})\.leaving$/;

/** For one that nobody has gone on with for a while. `policy`: how long a volume of this record is kept. */
export async function settleLeaving(
  files: FileWork,
  leaving: Leaving,
  policy: (record: VolumeRecord) => number | undefined,
): Promise<void> {
  const text = await files.readText(`${leavingFolder(leaving)}/record.json`);
  const moved = text === undefined ? undefined : parseRecord(text, leaving.folder);
  const record = moved === undefined ? await readRecord(files, leaving.folder) : isRecord(moved) ? moved : undefined;
  if (record?.id === leaving.id) await settleRemoval(files, record, policy(record));
  // Of what it was nothing is known any more: kept in trash, as long as what nobody has asked to delete.
  else if (!(await withdraw(files, leaving))) await leave(files, leaving, LEFTOVER_SECONDS);
}

/** Returns whether the volume is there again. */
export async function settleRemoval(
  files: FileWork,
  record: VolumeRecord,
  keepSeconds: number | undefined,
): Promise<boolean> {
  const stays = await withdraw(files, record);
  if (!stays) await leave(files, record, await keepAfterAll(files, record, keepSeconds));
  const { removing, creating } = await listSigns(files, record.folder);
  const stale = [...removing, ...(stays ? [] : creating)].filter(({ id }) => id === record.id);
  await takeSigns(
    files,
    record.folder,
    stale.map(({ name }) => name),
  );
  if (!stays) await removeSignFolder(files, record.folder);
  return stays;
}

/** It may have gone although a host that was taken for dead is attached, or because it could not be made as asked for. */
async function keepAfterAll(
  files: FileWork,
  record: VolumeRecord,
  keepSeconds: number | undefined,
): Promise<number | undefined> {
  const { attached, creating } = await listSigns(files, record.folder);
  if (attached.length === 0 && !creating.some(({ id }) => id === record.id)) return keepSeconds;
  const isMoved = (await files.inspect(dataPath(leavingFolder(record)))) !== undefined;
  if (keepSeconds === undefined && !isMoved) return undefined;
  return Math.max(keepSeconds ?? 0, LEFTOVER_SECONDS);
}
