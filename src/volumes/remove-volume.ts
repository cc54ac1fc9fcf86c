// How a volume leaves the share: a sign says that it is about to go, then everybody is asked once more whether it is used,
// then it goes into trash (at once, whatever its size). Each step can be done again after a crash, by any host.
//
// No lock is needed against Mount: Mount puts its sign and then looks for ours, we put ours and then look for its.

import { Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import { beginLeaving, leave, leaveWithoutTrace } from './leaving.ts';
import type { Host, VolumeRecord } from './record.ts';
import { readRecord } from './records.ts';
import { listSigns, putSign, removeSignFolder, type Sign, type Signs, signNames, takeSigns } from './signs.ts';
import type { TrashEntry } from './trash-entry.ts';

export interface Removal {
  readonly host: Host;
  readonly now: () => Date;
  /** Tells this removal from every other one of the volume. */
  readonly token: string;
  /** undefined: the folder stays where it is and only the record goes. Asked when it is known whether other hosts are left out. */
  readonly keepSeconds: (withoutHosts: boolean) => number | undefined;
  /** Who of this host has the volume, in words. */
  readonly usersNow: () => Promise<readonly string[]>;
  /** Who of the other hosts that are attached counts as a user, in words. */
  readonly usersElsewhere: (others: readonly Sign[]) => Promise<readonly string[]>;
}

/** Returns where the folder went; undefined when it was left in place or had gone already. */
export async function removeVolume(
  files: FileWork,
  record: VolumeRecord,
  removal: Removal,
): Promise<TrashEntry | undefined> {
  const { folder } = record;
  const sign = signNames.removing(record.id, removal.token);
  await putSign(files, folder, sign, { host: removal.host, since: removal.now().toISOString() });
  const { attached, creating, removing: before } = await refuseIfUsed(files, record, sign, removal);
  // Signs of records that were to be made while this one is there: later one of them might be in its place, half made.
  const inVain = creating.filter(({ id }) => id !== record.id);
  await takeSigns(files, folder, namesOf(inVain));
  const keepSeconds = removal.keepSeconds(attached.some(({ id }) => id !== removal.host.id));
  const entry = await leaveForSure(files, record, keepSeconds);
  const { removing } = await listSigns(files, folder);
  const ofThis = removing.filter(({ id }) => id === record.id);
  // Attachments of this host, or of hosts that nobody waits for any more; and what is about records that are gone: the one
  // just removed, and earlier ones. There may be a new one by now, and its signs stay.
  const over = new Set([...namesOf([...attached, ...before, ...ofThis]), signNames.creating(record.id)]);
  await takeSigns(files, folder, [...over]);
  await removeSignFolder(files, folder);
  return keepSeconds === undefined ? undefined : entry;
}

/** Somebody who found our folder still empty may have taken it for one that was left behind. */
async function leaveForSure(
  files: FileWork,
  record: VolumeRecord,
  keepSeconds: number | undefined,
): Promise<TrashEntry | undefined> {
  for (let tries = 0; tries < 3; tries += 1) {
    await beginLeaving(files, record);
    const entry = await leave(files, record, keepSeconds);
    if ((await readRecord(files, record.folder))?.id !== record.id) return entry;
  }
  throw new Failure('Unexpected', { problem: 'others took the removal back again and again while it was tried' });
}

/** Undoes a volume whose folder can't be made as it was asked for, unless another host uses it already. */
export async function takeBack(
  files: FileWork,
  record: VolumeRecord,
  { host, now, token, withFolder }: Pick<Removal, 'host' | 'now' | 'token'> & { readonly withFolder: boolean },
): Promise<void> {
  const isMade = ({ creating }: Signs) => !creating.some(({ id }) => id === record.id);
  // Somebody else has made it in the meantime: it is a volume, and nobody has asked for its end.
  if (isMade(await listSigns(files, record.folder))) return;
  const sign = signNames.removing(record.id, token);
  await putSign(files, record.folder, sign, { host, since: now().toISOString() });
  const usersElsewhere = (others: readonly Sign[]) => Promise.resolve(others.map(({ id }) => id));
  const usersNow = () => Promise.resolve([]);
  const signs = await refuseIfUsed(files, record, sign, { host, now, token, usersNow, usersElsewhere });
  if (isMade(signs)) return await takeSigns(files, record.folder, [sign]);
  await beginLeaving(files, record);
  await leaveWithoutTrace(files, record, withFolder);
  await takeSigns(files, record.folder, [signNames.creating(record.id), sign]);
  await removeSignFolder(files, record.folder);
}

async function refuseIfUsed(
  files: FileWork,
  record: VolumeRecord,
  sign: string,
  removal: Omit<Removal, 'keepSeconds'>,
): Promise<Signs> {
  try {
    const signs = await listSigns(files, record.folder);
    const others = signs.attached.filter(({ id }) => id !== removal.host.id);
    const users = [...(await removal.usersNow()), ...(others.length > 0 ? await removal.usersElsewhere(others) : [])];
    if (users.length > 0) throw new Failure('VolumeInUse', { users });
    return signs;
  } catch (error) {
    // What was not decided is no removal: nobody is kept waiting for its end.
    await takeSigns(files, record.folder, [sign]).catch(() => {});
    throw error;
  }
}

const namesOf = (signs: readonly Sign[]) => signs.map(({ name }) => name);
