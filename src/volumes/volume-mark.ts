// How a volume shows in the mount tables of containers.

import { join } from 'node:path/posix';
import { locate, type MountEntry } from '../mounts/mount-table.ts';
import type { VolumeMark } from '../mounts/mount-users.ts';
import { type RemoteDir, rootPath, sourceOf } from '../remotes/remote-dir.ts';
import type { VolumeRef } from './names.ts';

export function markOf(
  dir: RemoteDir,
  ref: VolumeRef,
  mounted: MountEntry | undefined,
  table: readonly MountEntry[],
): VolumeMark {
  const notAt = `/.nfs-shared/ro/${ref.label}/${ref.folder}`;
  // A container may outlive our mount (the plugin was disabled under it): then only server and folder tell.
  const source =
    dir.addr === undefined ? {} : { source: sourceOf({ addr: dir.addr, path: join(rootPath(dir), ref.folder) }) };
  if (mounted !== undefined)
    return { device: mounted.device, root: join(mounted.root, dir.volPath, ref.folder), ...source, notAt };
  const here = dir.addr === undefined ? locate(table, join(rootPath(dir), ref.folder)) : undefined;
  return { ...here, ...source, notAt };
}
