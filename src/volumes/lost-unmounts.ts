// Unmounts that never came: Docker loses some, and the volume would stay attached, and its share mounted, for as long as this
// process lives. What Docker has told us of a volume is struck off when no process has shown it for minutes.

import type { DataMounts } from '../mounts/data-mounts.ts';
import type { RemoteDir } from '../remotes/remote-dir.ts';
import type { Attachments } from './attachments.ts';
import { fullName, type VolumeRef } from './names.ts';
import type { References } from './references.ts';
import type { VolumeMounts } from './volume-mounts.ts';

export interface LostUnmountsParts {
  readonly references: References;
  readonly mounts: VolumeMounts;
  readonly attachments: Attachments;
  readonly dataMounts: DataMounts;
}

/** Returns the volumes that are free now. */
export async function forgetLostUnmounts(
  dir: RemoteDir,
  refs: readonly VolumeRef[],
  { references, mounts, attachments, dataMounts }: LostUnmountsParts,
): Promise<string[]> {
  const unseen: VolumeRef[] = [];
  for (const ref of refs) {
    const isUnseen = references.told(ref) > 0 && (await mounts.seenUsers(dir, ref))?.length === 0;
    if (isUnseen) unseen.push(ref);
  }
  if (unseen.length === 0) return [];
  await mounts.usersOfAll(dir, unseen);
  const free = unseen.filter(ref => references.told(ref) === 0);
  for (const ref of free) {
    attachments.releaseSoon(ref);
    dataMounts.releaseSoon(ref.label);
  }
  return free.map(fullName);
}
