// How long a removed volume is kept in trash: what its own option says, else what fits the way it came to be, else what its
// remote dir says.

import type { RemoteDir } from '../remotes/remote-dir.ts';
import { isAnonymous } from './names.ts';
import type { VolumeRecord } from './record.ts';

/** undefined: its folder is not moved at all */
export function keepSeconds(record: VolumeRecord, dir: RemoteDir): number | undefined {
  const policy =
    record.options.onRemove ?? (record.adopted ? 'retain' : isAnonymous(record.folder) ? 'delete' : dir.onRemove);
  return { trash: dir.trashFor, delete: 0, retain: undefined }[policy];
}
