// The records as files on the share. One that cannot be read is an error for its own volume and hides no other.

import { driverFor } from '../drivers/registry.ts';
import { errnoOf, Failure, reasonOf } from '../errors.ts';
import type { RemoteDir } from '../remotes/remote-dir.ts';
import { listIfOurs, OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import { isVolumeName } from './names.ts';
import { otherRootIn } from './other-root.ts';
import { isRecord, parseRecord, recordText, type VolumeRecord } from './record.ts';
import { putCreating, signNames, signPath } from './signs.ts';
import { differsInCaseOnly } from './smb-names.ts';

const FOLDER = `${OURS}/volumes`;
export const recordPath = (folder: string) => `${FOLDER}/${folder}.json`;

export async function readRecord(files: FileWork, folder: string): Promise<VolumeRecord | undefined> {
  const text = await readText(files, folder);
  if (text === undefined) return undefined;
  const record = parseRecord(text, folder);
  // The server found the record of another volume under this name.
  if (!isRecord(record) && differsInCaseOnly(record.folder ?? folder, folder)) return undefined;
  if (!isRecord(record)) throw new Failure('RecordUnreadable', { file: recordPath(folder), problem: record.problem });
  return record;
}

/**
 * false: another host has made one of this name in the meantime. The record comes from the sign that says it is being made:
 * with the sign gone, a call that is carried out late can't bring it back.
 */
export async function createRecord(files: FileWork, record: VolumeRecord): Promise<boolean> {
  await putCreating(files, record, recordText(record));
  try {
    const sign = signPath(record.folder, signNames.creating(record.id));
    if (await files.linkNew(sign, recordPath(record.folder))) return true;
    // A server that is asked twice, since its first answer was lost, finds what it has done itself in the way.
    return (await readRecord(files, record.folder))?.id === record.id;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** What Docker may be told of as a volume; undefined: there is none, as far as this share can say. */
export async function lookUp(
  files: FileWork,
  dir: RemoteDir,
  folder: string,
  allDirs: readonly RemoteDir[],
): Promise<{ record: VolumeRecord | undefined } | undefined> {
  const record = await readRecord(files, folder);
  if (record !== undefined) return { record };
  if (dir.adopt !== 'all' || otherRootIn(dir, folder, allDirs) !== undefined) return undefined;
  return (await isPlainFolder(files, folder)) && (await isSpelledSo(files, dir, folder))
    ? { record: undefined }
    : undefined;
}

/** A server that folds case finds a folder under other spellings of its name, too. */
async function isSpelledSo(files: FileWork, { type }: RemoteDir, folder: string): Promise<boolean> {
  return driverFor(type).foldsCase !== true || (await files.list('')).some(({ name }) => name === folder);
}

/** The names of all volumes that have a record: one listing, however many there are. */
export async function listRecorded(files: FileWork): Promise<string[]> {
  return (await listIfOurs(files, FOLDER))
    .filter(({ name }) => name.endsWith('.json'))
    .map(({ name }) => name.slice(0, -'.json'.length))
    .filter(isVolumeName);
}

/** The names of all volumes of a share. */
export async function listVolumes(files: FileWork, dir: RemoteDir): Promise<string[]> {
  const recorded = await listRecorded(files);
  if (dir.adopt !== 'all') return recorded;
  const plain = (await files.list(''))
    .filter(({ name, kind }) => kind === 'folder' && isVolumeName(name))
    .map(({ name }) => name);
  const known = new Set(recorded);
  return [
    ...recorded,
    ...(await withoutRoots(
      files,
      plain.filter(name => !known.has(name)),
    )),
  ];
}

/** As many at once as a share may be asked at once: one after the other, thousands of folders would take too long. */
async function withoutRoots(files: FileWork, folders: readonly string[]): Promise<string[]> {
  const kept: string[] = [];
  for (let at = 0; at < folders.length; at += 8) {
    const some = folders.slice(at, at + 8);
    const roots = await Promise.all(some.map(folder => holdsRoot(files, folder)));
    kept.push(...some.filter((_, index) => roots[index] === false));
  }
  return kept;
}

/** A folder that may be somebody's volume: a real one, and not itself a root of volumes. */
async function isPlainFolder(files: FileWork, folder: string): Promise<boolean> {
  if ((await files.inspect(folder))?.kind !== 'folder') return false;
  return !(await holdsRoot(files, folder));
}

export async function holdsRoot(files: FileWork, folder: string): Promise<boolean> {
  return (await files.inspect(`${folder}/${OURS}`)) !== undefined;
}

async function readText(files: FileWork, folder: string): Promise<string | undefined> {
  try {
    return await files.readText(recordPath(folder));
  } catch (error) {
    // A link, a folder or a monster under the record's name says nothing about the share.
    if (!['ELOOP', 'EISDIR', 'EFBIG', 'ENXIO'].includes(errnoOf(error) ?? '')) throw error;
    throw new Failure('RecordUnreadable', { file: recordPath(folder), problem: reasonOf(error) }, { cause: error });
  }
}
