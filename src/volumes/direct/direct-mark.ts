// How the folder of a direct volume shows in the mount tables of containers: by server and folder. Its device and root tell
// nothing, since the kernel gives every folder of one export the same device, and calls each that is mounted the root.

import { locate, type MountEntry } from '../../mounts/mount-table.ts';
import type { VolumeMark } from '../../mounts/mount-users.ts';

export function directMark(source: string, root: string, table: readonly MountEntry[]): VolumeMark {
  return { source: source.replace(/\/+$/, ''), notAt: placeOnHost(root, table) };
}

/** Where the host has what is mounted below our root: below a longer path, which ends like the folder on its disk. */
function placeOnHost(root: string, table: readonly MountEntry[]): string {
  const onDisk = locate(table, root)?.root ?? '';
  const end = onDisk
    .split('/')
    .filter(part => part !== '')
    .slice(-3);
  return end.length === 0 ? `${root}/` : `/${end.join('/')}/`;
}
