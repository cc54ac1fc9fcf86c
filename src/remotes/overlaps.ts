// Do two remote dirs meet on the same server?

import { type RemoteDir, rootPath } from './remote-dir.ts';

/** Another known root at or below a folder of `a`: as a volume, that folder would hold (and its removal would take) all of it. */
export function passesThrough(a: RemoteDir, folderName: string, all: readonly RemoteDir[]): RemoteDir | undefined {
  const folder = below(rootPath(a), folderName);
  return all.find(b => b.label !== a.label && serverOf(b) === serverOf(a) && isAtOrBelow(rootPath(b), folder));
}

/** A remote dir other than `a` whose volumes lie in the very same folder. */
export function sameRootAs(a: RemoteDir, all: readonly RemoteDir[]): RemoteDir | undefined {
  return all.find(b => b.label !== a.label && serverOf(b) === serverOf(a) && rootPath(b) === rootPath(a));
}

// The version is left out on purpose: NFSv3 and NFSv4 of one server show the same folders.
const serverOf = (dir: RemoteDir) => (dir.addr === undefined ? '' : `${dir.addr} ${dir.port ?? DEFAULT_PORT}`);
const DEFAULT_PORT = 2049;

const below = (path: string, name: string) => (path === '/' ? `/${name}` : `${path}/${name}`);
const isAtOrBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
