// What stands for the label of a folder that is mounted for one volume alone: no label can be so, and the mount lies in a
// place of its own below the root.

import { join } from 'node:path';

export const directKey = (name: string) => join(DIRECT, name);
export const isDirectKey = (label: string) => label.startsWith(`${DIRECT}/`);

/** Our own mount, which everybody who sees the host's mounts sees, too: nobody uses the folder by that. */
export const isDirectMount = (mountPoint: string) => mountPoint.includes(`/${DIRECT}/`);

const DIRECT = '.nfs-shared/direct';
