// Volumes whose making was begun and not ended: a record, and beside it the sign that its folder is not made yet. Create has
// succeeded for none of them. Which ones they are is not to be seen in a listing, so only some can be looked at each time.

import { isFailure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import type { Host, VolumeRecord } from './record.ts';
import { listRecorded, readRecord } from './records.ts';
import { takeBack } from './remove-volume.ts';
import { restorationOf } from './restore.ts';
import { listSigns } from './signs.ts';

const AT_ONCE = 100;

/** undefined: it is whole, or gone */
export async function readHalfMade(files: FileWork, folder: string): Promise<VolumeRecord | undefined> {
  const { creating } = await listSigns(files, folder);
  if (creating.length === 0) return undefined;
  const record = await readRecord(files, folder).catch((error: unknown) => {
    // Whatever that is, it is not for us to end.
    if (isFailure(error, 'RecordUnreadable')) return undefined;
    throw error;
  });
  return creating.some(({ id }) => id === record?.id) ? record : undefined;
}

/** Goes through the volumes of a share some at a time, by their names. */
export class NextToLookAt {
  #after = '';

  of(folders: readonly string[]): string[] {
    const sorted = [...folders].sort();
    const rest = sorted.filter(folder => folder > this.#after).slice(0, AT_ONCE);
    this.#after = rest.length < AT_ONCE ? '' : (rest.at(-1) ?? '');
    return rest;
  }
}

/** `known`: those of an earlier look, as "FOLDER ID" */
export async function findHalfMade(
  files: FileWork,
  next: NextToLookAt,
  known: ReadonlyMap<string, unknown>,
): Promise<VolumeRecord[]> {
  const recorded = await listRecorded(files);
  const again = new Set([...known.keys()].map(key => key.split(' ')[0] ?? ''));
  const folders = new Set([...recorded.filter(folder => again.has(folder)), ...next.of(recorded)]);
  const found = await halfMadeOf(files, [...folders]);
  // One that is half restored ends with its entry in trash.
  return found.filter(record => restorationOf(record) === undefined);
}

/** Those among some volumes. */
export async function halfMadeOf(files: FileWork, folders: readonly string[]): Promise<VolumeRecord[]> {
  const found: VolumeRecord[] = [];
  for (let at = 0; at < folders.length; at += 8) {
    const some = folders.slice(at, at + 8);
    const records = await Promise.all(some.map(folder => readHalfMade(files, folder)));
    found.push(...records.filter(record => record !== undefined));
  }
  return found;
}

/** Its Create has failed for whoever asked for it. Data that has come into its folder stays in trash for a day. */
export async function undoHalfMade(
  files: FileWork,
  record: VolumeRecord,
  { host, now, newId }: { readonly host: Host; readonly now: () => Date; readonly newId: () => string },
): Promise<void> {
  await takeBack(files, record, { host, now, token: newId(), withFolder: !record.adopted });
}
