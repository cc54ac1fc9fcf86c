// A host's use of a volume, written on the share. First the sign, then a look whether somebody is removing the volume, then
// a look whether it is still there: a removal that has not seen our sign is seen by us.

import { Failure } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import { ownProcess } from '../system/process-mark.ts';
import type { Host, VolumeRecord } from './record.ts';
import { readRecord } from './records.ts';
import { listSigns, putSign, refuseIfLeaving, signNames } from './signs.ts';

export interface Attaching {
  readonly host: Host;
  readonly token: string;
  readonly now: () => Date;
}

/** When it fails, whatever the reason, the sign may be there, and has to be taken away. */
export async function attach(files: FileWork, record: VolumeRecord, { host, token, now }: Attaching): Promise<string> {
  const { folder } = record;
  const name = signNames.attached(host.id, token);
  await putSign(files, folder, name, { host, since: now().toISOString(), process: ownProcess() });
  await refuseIfGoing(files, record);
  return name;
}

/** Whether there is still, and already, something to attach to. */
export async function refuseIfGoing(files: FileWork, record: VolumeRecord): Promise<void> {
  const signs = await listSigns(files, record.folder);
  await refuseIfLeaving(files, record, signs);
  const present = await readRecord(files, record.folder);
  if (present?.id !== record.id || signs.creating.some(({ id }) => id === record.id))
    throw new Failure('NoSuchVolume', {});
}
