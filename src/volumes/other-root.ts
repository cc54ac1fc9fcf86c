// Why a folder of a root cannot be a volume although it looks like one.

import type { RemoteDir } from '../remotes/remote-dir.ts';
import { passesThrough } from '../remotes/remote-dirs.ts';
import { isVolumeName } from './names.ts';

export function otherRootIn(dir: RemoteDir, folder: string, all: readonly RemoteDir[]): string | undefined {
  if (!isVolumeName(folder)) return 'its name is one file servers use for themselves';
  const other = passesThrough(dir, folder, all);
  return other === undefined ? undefined : `the volumes of remote dir "${other.label}" lie in it`;
}
