// A removed volume comes back out of trash: with its data and its options, as a new record, so that nothing that was meant
// for the old one can reach it. The data is moved last; until then it lies safely where it was.

import { Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import type { Host, VolumeRecord } from './record.ts';
import { createRecord, readRecord } from './records.ts';
import { signNames, takeSigns } from './signs.ts';
import { claimEntry, findData, forgetTrashEntry, readTrashRecord, type TrashEntry } from './trash-entry.ts';

export interface Restoring {
  readonly host: Host;
  readonly now: () => Date;
  readonly newId: () => string;
  /** The name it gets, when it is not to be the one it had */
  readonly folder?: string | undefined;
}

export async function restoreVolume(files: FileWork, entry: TrashEntry, restoring: Restoring): Promise<VolumeRecord> {
  const folder = restoring.folder ?? entry.folder;
  await refuseTaken(files, folder);
  const claimed = await claimEntry(files, entry, 'restoring');
  if (claimed === undefined) throw notRestorable('it is being deleted, or somebody else has it back already');
  const old = await readTrashRecord(files, claimed);
  const data = await findData(files, claimed);
  if (data === undefined)
    throw notRestorable('its folder is not in trash: it was left in its place, or has been deleted');
  const record: VolumeRecord = {
    version: 1,
    id: restoring.newId(),
    folder,
    createdAt: old?.createdAt ?? restoring.now().toISOString(),
    createdBy: old?.createdBy ?? restoring.host,
    adopted: false,
    options: old?.options ?? {},
  };
  const creating = signNames.creating(record.id);
  if (!(await createRecord(files, record))) {
    await takeSigns(files, folder, [creating]);
    throw notRestorable(`there is a volume "${folder}" now`);
  }
  await files.rename(data, folder);
  await takeSigns(files, folder, [creating]);
  await forgetTrashEntry(files, claimed);
  return record;
}

async function refuseTaken(files: FileWork, folder: string): Promise<void> {
  if ((await readRecord(files, folder)) !== undefined) throw notRestorable(`there is a volume "${folder}" now`);
  if ((await files.inspect(folder)) !== undefined)
    throw notRestorable(`there is a folder "${folder}" on the share now`);
}

const notRestorable = (reason: string) => new Failure('NotRestorable', { reason });
