// How a volume comes to be on the share. A sign says that it is being made, then its record is written, then the folder is
// made and given its owner and mode, then the sign goes: whoever finds it half way can finish it.
//
// A folder that was there before its record is somebody else's: it becomes a volume as it is.

import { driverFor } from '../drivers/registry.ts';
import { errnoOf, Failure, reasonOf } from '../errors.ts';
import { type RemoteDir, rootPath } from '../remotes/remote-dir.ts';
import type { FileWork, Inspection } from '../system/file-work.ts';
import { optionDifferences } from './options.ts';
import { type Host, newRecord, type VolumeOptions, type VolumeRecord } from './record.ts';
import { createRecord, holdsRoot, readRecord } from './records.ts';
import { takeBack } from './remove-volume.ts';
import { finishRestoring, restorationOf } from './restore.ts';
import { listSigns, refuseIfLeaving, removeSignFolder, signNames, takeSigns } from './signs.ts';
import { refuseForProtocol } from './smb-names.ts';
import { wasRefused } from './was-refused.ts';

export interface CreateWanted {
  readonly dir: RemoteDir;
  readonly folder: string;
  readonly options: VolumeOptions;
  readonly host: Host;
  readonly now: () => Date;
  /** Tells this record, and the taking back of one, from every other. */
  readonly newId: () => string;
  /** Says why this folder of the root cannot be a volume although it looks like one. */
  readonly refuseFolder: (folder: string) => string | undefined;
}

export async function createVolume(files: FileWork, wanted: CreateWanted): Promise<VolumeRecord> {
  // Another host may make or remove the same volume in between; the second look sees what it did.
  for (let looks = 0; looks < 3; looks += 1) {
    await refuseForProtocol(files, wanted.dir, wanted.folder);
    const present = await readRecord(files, wanted.folder);
    const record = present === undefined ? await makeNew(files, wanted) : await useExisting(files, present, wanted);
    if (record !== undefined) return record;
  }
  throw new Failure('Unexpected', {
    problem: 'the volume was made and removed by others again and again while this was tried',
  });
}

/** undefined: somebody else has done something there in the meantime */
async function makeNew(files: FileWork, wanted: CreateWanted): Promise<VolumeRecord | undefined> {
  const { folder: name } = wanted;
  const folder = await files.inspect(name);
  const record = newRecord(name, wanted, folder !== undefined);
  const refusal = wanted.refuseFolder(name);
  if (folder !== undefined) {
    await checkAdoptable(files, folder, refusal, wanted);
  } else if (refusal !== undefined) throw new Failure('InvalidName', { name, problem: refusal });
  if (await putRecord(files, record)) return await finishCreate(files, record, wanted);
  await takeSigns(files, name, [signNames.creating(record.id)]);
  return undefined;
}

async function putRecord(files: FileWork, record: VolumeRecord): Promise<boolean> {
  try {
    return await createRecord(files, record);
  } catch (error) {
    if (wasRefused(error)) {
      await takeSigns(files, record.folder, [signNames.creating(record.id)]).catch(() => {});
      await removeSignFolder(files, record.folder);
    }
    throw error;
  }
}

async function useExisting(
  files: FileWork,
  present: VolumeRecord,
  wanted: CreateWanted,
): Promise<VolumeRecord | undefined> {
  const signs = await listSigns(files, present.folder);
  await refuseIfLeaving(files, present, signs);
  const isHalf = signs.creating.some(({ id }) => id === present.id);
  const record = isHalf ? await finishCreate(files, present, wanted) : present;
  const differences = record === undefined ? [] : optionDifferences(wanted.options, record.options);
  if (differences.length > 0) throw new Failure('OptionsDiffer', { differences });
  return record;
}

/** Makes the folder of a record: of a new one, or of one whose making was cut short by a crash or a late answer. */
export async function finishCreate(
  files: FileWork,
  record: VolumeRecord,
  { dir, host, now, newId }: Pick<CreateWanted, 'dir' | 'host' | 'now' | 'newId'>,
): Promise<VolumeRecord | undefined> {
  if (restorationOf(record) !== undefined)
    return (await finishRestoring(files, record, { host, now, newId })) ? record : undefined;
  try {
    const isOurs = record.adopted ? await isStillThere(files, record) : await makeFolder(files, record, dir);
    if (isOurs) await endCreating(files, record);
    else await takeBack(files, record, { host, now, token: newId(), withFolder: false });
    return isOurs ? record : undefined;
  } catch (error) {
    // Only what the server has refused in so many words is undone. What timed out may still happen.
    if (wasRefused(error)) await takeBack(files, record, { host, now, token: newId(), withFolder: !record.adopted });
    throw error;
  }
}

/** It may have been another host's new volume, and have left with that before our record came into its place. */
const isStillThere = async (files: FileWork, { folder }: VolumeRecord) =>
  (await files.inspect(folder))?.kind === 'folder';

/** Whoever was about to make another record of this name finds ours there, and gives up. */
async function endCreating(files: FileWork, record: VolumeRecord): Promise<void> {
  const { folder, id } = record;
  const { creating } = await listSigns(files, folder);
  const others = creating.map(({ name }) => name).filter(name => name !== signNames.creating(id));
  await takeSigns(files, folder, [...others, signNames.creating(id)]);
  // Whoever takes it back puts a sign and then looks for ours: one of us sees the other.
  await refuseIfLeaving(files, record, await listSigns(files, folder));
}

/** false: a folder with something in it has appeared there, and is left as it is. */
async function makeFolder(files: FileWork, record: VolumeRecord, dir: RemoteDir): Promise<boolean> {
  const { folder, options } = record;
  if (!(await files.makeFolder(folder, 0o755))) {
    const there = await files.inspect(folder);
    if (there?.kind !== 'folder')
      throw notAdoptable(dir, folder, `it is no folder but a ${there?.kind ?? 'thing that vanished'}`);
    if (!(await files.isEmpty(folder))) return false;
    // Finished by somebody else: its owner and mode are a container's to change by now.
    if (!(await listSigns(files, folder)).creating.some(({ id }) => id === record.id)) return false;
  }
  const wish = {
    uid: options.uid ?? dir.uid,
    gid: options.gid ?? dir.gid,
    mode: Number.parseInt(options.mode ?? '0755', 8),
  };
  const made = await mustInspect(files, folder);
  const uid = wish.uid ?? made.uid;
  const gid = wish.gid ?? made.gid;
  await honour(`owner ${uid}:${gid}`, async () => {
    if (uid !== made.uid || gid !== made.gid) await files.setOwner(folder, uid, gid);
  });
  await honour(`mode ${octal(wish.mode)}`, () => files.setMode(folder, wish.mode));
  // A server that maps everybody to one user says yes and does otherwise.
  const result = await mustInspect(files, folder);
  // On SMB all is shown with the owner and mode of the mount.
  const whyNot = (what: string) => (driverFor(dir.type).oneOwner === true ? sharedBy(what) : `it has made it ${what}`);
  if (result.uid !== uid || result.gid !== gid)
    throw new Failure('OwnerRefused', {
      asked: `owner ${uid}:${gid}`,
      problem: whyNot(`${result.uid}:${result.gid}`),
    });
  if (options.mode !== undefined && result.mode !== wish.mode)
    throw new Failure('OwnerRefused', { asked: `mode ${options.mode}`, problem: whyNot(octal(result.mode)) });
  return true;
}

const sharedBy = (what: string) =>
  `SMB shows all files of a remote dir with one owner and mode, here ${what} (settings uid and gid, mount options dir_mode and file_mode)`;

const octal = (mode: number) => mode.toString(8).padStart(4, '0');

async function honour(asked: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EINVAL'].includes(errnoOf(error) ?? '')) throw error;
    throw new Failure('OwnerRefused', { asked, problem: reasonOf(error) }, { cause: error });
  }
}

async function checkAdoptable(
  files: FileWork,
  folder: Inspection,
  refusal: string | undefined,
  { dir, folder: name, options }: CreateWanted,
): Promise<void> {
  if (folder.kind !== 'folder') throw notAdoptable(dir, name, `it is no folder but a ${folder.kind}`);
  if (await holdsRoot(files, name))
    throw notAdoptable(dir, name, 'it holds volumes of its own; make it a remote dir to use these');
  if (refusal !== undefined) throw notAdoptable(dir, name, refusal);
  const asIs = { uid: folder.uid, gid: folder.gid, mode: octal(folder.mode) };
  const { uid, gid, mode } = { ...asIs, ...options };
  if (uid !== asIs.uid || gid !== asIs.gid || mode !== asIs.mode) {
    throw notAdoptable(
      dir,
      name,
      `its owner ${asIs.uid}:${asIs.gid} and mode ${asIs.mode} are not changed by a volume plugin; leave uid, gid and mode out`,
    );
  }
}

function notAdoptable(dir: RemoteDir, folder: string, problem: string): Failure {
  return new Failure('NotAdoptable', { folder: `${rootPath(dir)}/${folder}`, problem });
}

async function mustInspect(files: FileWork, folder: string): Promise<Inspection> {
  const found = await files.inspect(folder);
  if (found === undefined) throw new Failure('FolderMissing', { folder });
  return found;
}
