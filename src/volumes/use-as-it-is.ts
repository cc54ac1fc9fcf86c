// Create on a share that this host can only read: a volume that is there already is used as it is, and none can be made.

import { Failure } from '../errors.ts';
import { type RemoteDir, rootPath } from '../remotes/remote-dir.ts';
import type { FileWork } from '../system/file-work.ts';
import { optionDifferences } from './options.ts';
import type { VolumeOptions, VolumeRecord } from './record.ts';
import { lookUp } from './records.ts';
import { listSigns, refuseIfLeaving } from './signs.ts';

export interface UseWanted {
  readonly dir: RemoteDir;
  readonly allDirs: readonly RemoteDir[];
  readonly folder: string;
  readonly options: VolumeOptions;
  /** Why nothing can be made there: the answer where there is nothing to be used. */
  readonly refusal: Failure;
}

/** Returns the record of the volume, where it has one. */
export async function useAsItIs(files: FileWork, wanted: UseWanted): Promise<VolumeRecord | undefined> {
  const { dir, allDirs, folder, options, refusal } = wanted;
  const found = await lookUp(files, dir, folder, allDirs);
  const there = await files.inspect(folder);
  if (found === undefined) throw there?.kind === 'folder' ? needsAdopt(dir, folder) : refusal;
  const { record } = found;
  if (record !== undefined) await refuseIfUnfinished(files, record, refusal);
  if (there?.kind !== 'folder') throw new Failure('FolderMissing', { folder: `${rootPath(dir)}/${folder}` });
  const asIs = { uid: there.uid, gid: there.gid, mode: there.mode.toString(8).padStart(4, '0') };
  const inForce = record?.options ?? asIs;
  const differences = optionDifferences(options, accessOf(dir) === 'ro' ? { ...inForce, access: 'ro' } : inForce);
  if (differences.length > 0) throw new Failure('OptionsDiffer', { differences });
  return record;
}

export const accessOf = (dir: RemoteDir | undefined): 'ro' | undefined => (dir?.readOnly === true ? 'ro' : undefined);

/** Half made, or half removed: whoever may write there ends that. */
async function refuseIfUnfinished(files: FileWork, record: VolumeRecord, refusal: Failure): Promise<void> {
  const signs = await listSigns(files, record.folder);
  await refuseIfLeaving(files, record, signs);
  if (signs.creating.some(({ id }) => id === record.id)) throw refusal;
}

/** A folder without a record becomes a volume by one, and that can't be written. */
function needsAdopt(dir: RemoteDir, folder: string): Failure {
  const problem =
    dir.adopt === 'all'
      ? 'it is one that is never listed, or holds volumes of its own'
      : 'this host can write nothing there, and so no record of it; set adopt to "all" for the remote dir, and every folder is a volume as it is';
  return new Failure('NotAdoptable', { folder: `${rootPath(dir)}/${folder}`, problem });
}
