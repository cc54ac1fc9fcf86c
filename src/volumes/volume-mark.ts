// How a volume, or a whole share, shows in the mount tables of containers.

import { join } from 'node:path/posix';
import { driverFor } from '../drivers/registry.ts';
import { locate, type MountEntry } from '../mounts/mount-table.ts';
import type { VolumeMark } from '../mounts/mount-users.ts';
import { byEachAddress, type RemoteDir, rootPath } from '../remotes/remote-dir.ts';
import type { VolumeRef } from './names.ts';

/** What the mount table says is mounted: a server, or where its proxy listens. */
export const mountSourceOf = (dir: RemoteDir) => driverFor(dir.type).dataPlan(dir).source;

export function markOf(
  dir: RemoteDir,
  ref: VolumeRef,
  mounted: MountEntry | undefined,
  table: readonly MountEntry[],
): VolumeMark {
  const notAt = `/.nfs-shared/ro/${ref.label}/${ref.folder}`;
  const path = join(rootPath(dir), ref.folder);
  // A container may outlive our mount (the plugin was disabled under it): then only server and folder tell.
  const [first, ...otherSources] = byEachAddress({ ...dir, path }).map(mountSourceOf);
  const source =
    dir.addr === undefined || first === undefined
      ? {}
      : { source: first, ...(otherSources.length > 0 ? { otherSources } : {}) };
  if (mounted !== undefined) {
    return { device: mounted.device, root: join(mounted.root, dir.volPath, ref.folder), ...source, notAt };
  }
  return { ...(dir.addr === undefined ? locate(table, path) : {}), ...source, notAt };
}

export function markOfShare(label: string, volPath: string, mounted: MountEntry): VolumeMark {
  // The folder itself is mounted wherever the host's mounts are seen; a container has a folder in it.
  const root = join(mounted.root, volPath);
  return {
    device: mounted.device,
    root,
    // NFS calls every folder that is mounted the root, and says in the source which one it is. SMB's begins with two slashes.
    source: `${mounted.source.replace(/\/+$/, '')}${root === '/' ? '' : root}`,
    strictlyBelow: true,
    notAt: `/.nfs-shared/ro/${label}/`,
  };
}
