// Volumes whose making was begun and not ended: a record, and beside it the sign that its folder is not made yet. Create has
// succeeded for none of them. Which ones they are is not to be seen in a listing, so only some can be looked at each time.

import { errnoOf, isFailure } from '../errors.ts';
import { OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import { isVolumeName } from './names.ts';
import type { VolumeRecord } from './record.ts';
import { listRecorded, readRecord } from './records.ts';
import { takeBack } from './remove-volume.ts';
import { finishRestoring, type RestoringBy, restorationOf } from './restore.ts';
import { listSigns, signPath } from './signs.ts';

const AT_ONCE = 100;
const SIDE_BY_SIDE = 8;

export interface Unfinished {
  readonly halfMade: readonly VolumeRecord[];
  /** Signs of records that were never made, by path: in nobody's way, but nobody takes them away either */
  readonly inVain: readonly string[];
  /** Folders for signs of which there are none */
  readonly empty: readonly string[];
}

export async function lookFor(files: FileWork, folders: readonly string[]): Promise<Unfinished> {
  const found: Unfinished[] = [];
  for (let at = 0; at < folders.length; at += SIDE_BY_SIDE) {
    const some = folders.slice(at, at + SIDE_BY_SIDE);
    found.push(...(await Promise.all(some.map(folder => lookAt(files, folder)))));
  }
  return {
    halfMade: found.flatMap(({ halfMade }) => halfMade),
    inVain: found.flatMap(({ inVain }) => inVain),
    empty: found.flatMap(({ empty }) => empty),
  };
}

async function lookAt(files: FileWork, folder: string): Promise<Unfinished> {
  const { attached, creating, removing } = await listSigns(files, folder);
  const nothing = {
    halfMade: [],
    inVain: [],
    empty: [...attached, ...creating, ...removing].length === 0 ? [folder] : [],
  };
  if (creating.length === 0) return nothing;
  try {
    const record = await readRecord(files, folder);
    const ofOthers = creating.filter(({ id }) => id !== record?.id);
    return {
      ...nothing,
      halfMade: record !== undefined && ofOthers.length < creating.length ? [record] : [],
      inVain: ofOthers.map(({ name }) => signPath(folder, name)),
    };
  } catch (error) {
    // Whatever that is, it is not for us to end.
    if (isFailure(error, 'RecordUnreadable')) return nothing;
    throw error;
  }
}

/** Goes through the volumes of a share some at a time, by their names. */
export class NextToLookAt {
  #after = '';

  of(folders: readonly string[]): string[] {
    const rest = folders.filter(folder => folder > this.#after);
    const next = [...rest].sort().slice(0, AT_ONCE);
    this.#after = rest.length > AT_ONCE ? (next.at(-1) ?? '') : '';
    return next;
  }
}

/** `again`: folders that were unfinished at an earlier look */
export async function lookForSome(
  files: FileWork,
  next: NextToLookAt,
  again: ReadonlySet<string>,
): Promise<Unfinished> {
  const all = await foldersWithSigns(files);
  const { halfMade, inVain, empty } = await lookFor(files, [
    ...new Set([...all.filter(folder => again.has(folder)), ...next.of(all)]),
  ]);
  // The folder of a volume that is there stays, for the sign that has to be put on a full disk.
  const recorded = new Set(empty.length === 0 ? [] : await listRecorded(files));
  // One that is half restored ends with its entry in trash, as long as there is one.
  const ending = await Promise.all(halfMade.map(record => hasEntry(files, record)));
  return {
    halfMade: halfMade.filter((_, at) => ending[at] === false),
    inVain,
    empty: empty.filter(folder => !recorded.has(folder)),
  };
}

async function hasEntry(files: FileWork, record: VolumeRecord): Promise<boolean> {
  const entry = restorationOf(record);
  return entry !== undefined && (await files.inspect(entry.at)) !== undefined;
}

async function foldersWithSigns(files: FileWork): Promise<string[]> {
  try {
    return (await files.list(`${OURS}/attachments`)).map(({ name }) => name).filter(isVolumeName);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Its Create has failed for whoever asked for it. Data that has come into its folder stays in trash for a day. */
export async function undoHalfMade(files: FileWork, record: VolumeRecord, by: RestoringBy): Promise<void> {
  const { host, now, newId } = by;
  if (restorationOf(record) !== undefined) await finishRestoring(files, record, by);
  else await takeBack(files, record, { host, now, token: newId(), withFolder: !record.adopted });
}
