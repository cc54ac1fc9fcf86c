// What Remove does on the share: who else has the volume, whether it may go at all, how long it is kept.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import type { RemoteDir } from '../remotes/remote-dir.ts';
import { passesThrough } from '../remotes/remote-dirs.ts';
import type { FileWork } from '../system/file-work.ts';
import type { Attachments } from './attachments.ts';
import { describeHost, isDead, otherHosts } from './elsewhere.ts';
import { keepSeconds } from './keep-seconds.ts';
import { LEFTOVER_SECONDS } from './leaving.ts';
import type { VolumeRef } from './names.ts';
import type { Presence } from './presence.ts';
import type { Host, VolumeRecord } from './record.ts';
import { lookUp, readRecord } from './records.ts';
import { removeVolume } from './remove-volume.ts';
import { finishRestoring, restorationOf } from './restore.ts';
import { listLeaving, settleLeaving } from './settle.ts';
import { listSigns, type Sign } from './signs.ts';
import type { TrashEntry } from './trash-entry.ts';

export interface RemoveWanted {
  readonly dir: RemoteDir;
  readonly allDirs: readonly RemoteDir[];
  readonly ref: VolumeRef;
  readonly host: Host;
  readonly now: () => Date;
  readonly deadAfterSeconds: number;
  readonly presence: Presence;
  readonly attachments: Attachments;
  readonly lookAgainMs?: number;
  /** Who of this host has the volume, in words. */
  readonly usersNow: () => Promise<readonly string[]>;
}

/** Returns where the folder went; undefined when it was left in place or had gone already. */
export async function removeFromShare(files: FileWork, wanted: RemoveWanted): Promise<TrashEntry | undefined> {
  const { host, now, usersNow } = wanted;
  const record = await withItsData(files, await recordToRemove(files, wanted), wanted);
  if (record === undefined) {
    await endEarlier(files, wanted);
    return undefined;
  }
  const keep = keepSeconds(record, wanted.dir);
  if (keep !== undefined) refuseOtherRoot(wanted);
  const { attached } = await listSigns(files, record.folder);
  await refuseDouble(files, attached, wanted);
  const usersElsewhere = (attached: readonly Sign[]) => usersOf(files, attached, wanted);
  await waitForOthers(files, attached, wanted, usersElsewhere);
  return await removeVolume(files, record, {
    host,
    now,
    token: randomUUID(),
    usersNow,
    usersElsewhere,
    keepSeconds: withoutHosts => (keep === undefined || !withoutHosts ? keep : Math.max(keep, LEFTOVER_SECONDS)),
  });
}

/** undefined: it has gone already, which is what was asked for. */
async function recordToRemove(files: FileWork, { dir, ref, allDirs }: RemoveWanted): Promise<VolumeRecord | undefined> {
  const record = await readRecord(files, ref.folder);
  if (record === undefined && (await lookUp(files, dir, ref.folder, allDirs)) !== undefined) {
    const reason = 'it is a plain folder of the share, listed because of adopt=all; delete it on the server';
    throw new Failure('NotRemovable', { reason });
  }
  return record;
}

/** A volume that is half restored goes with its data, which may lie in trash still. undefined: there is none any more. */
async function withItsData(
  files: FileWork,
  record: VolumeRecord | undefined,
  { host, now }: RemoveWanted,
): Promise<VolumeRecord | undefined> {
  if (record === undefined || restorationOf(record) === undefined) return record;
  const { creating } = await listSigns(files, record.folder);
  if (!creating.some(({ id }) => id === record.id)) return record;
  return (await finishRestoring(files, record, { host, now, newId: randomUUID })) ? record : undefined;
}

/** Its record went with a removal that was cut short right before its end. Whoever is at it still finds that done. */
async function endEarlier(files: FileWork, { ref, dir }: RemoveWanted): Promise<void> {
  for (const leaving of await listLeaving(files)) {
    if (leaving.folder === ref.folder) await settleLeaving(files, leaving, record => keepSeconds(record, dir));
  }
}

function refuseOtherRoot({ dir, ref, allDirs }: RemoveWanted): void {
  const inside = passesThrough(dir, ref.folder, allDirs);
  if (inside !== undefined)
    throw new Failure('NotRemovable', { reason: `the volumes of remote dir "${inside.label}" lie in it` });
}

/** Of a sign under this host's own id it is only known whose use it is when there is no second host of that id. */
async function refuseDouble(
  files: FileWork,
  attached: readonly Sign[],
  { ref, host, presence, attachments }: RemoveWanted,
): Promise<void> {
  const isStrange = attached.some(({ id, name }) => id === host.id && !attachments.knows(name));
  const other = presence.doubleOn(ref.label) ?? (isStrange ? await presence.findDouble(files, ref.label) : undefined);
  if (other !== undefined) throw new Failure('HostIdShared', { other });
}

async function usersOf(files: FileWork, attached: readonly Sign[], wanted: RemoveWanted): Promise<readonly string[]> {
  const { ref, presence, deadAfterSeconds } = wanted;
  const others = await otherHosts(files, ref.folder, attached, presence.keepWatching(ref.label));
  return others.filter(each => !isDead(each, deadAfterSeconds)).map(describeHost);
}

/** Another host lets go of a volume a moment after its last container has ended. */
async function waitForOthers(
  files: FileWork,
  attached: readonly Sign[],
  { ref, host, lookAgainMs = 500 }: RemoveWanted,
  usersElsewhere: (attached: readonly Sign[]) => Promise<readonly string[]>,
): Promise<void> {
  let seen = attached;
  for (let looks = 0; looks < 5; looks += 1) {
    const others = seen.filter(({ id }) => id !== host.id);
    if (others.length === 0 || (await usersElsewhere(others)).length === 0) return;
    await sleep(lookAgainMs);
    seen = (await listSigns(files, ref.folder)).attached;
  }
}
