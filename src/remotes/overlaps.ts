// Do two remote dirs meet on the same server?

import { driverFor } from '../drivers/registry.ts';
import { addrsOf, hostOf, type RemoteDir, rootPath } from './remote-dir.ts';

/** Another known root at or below a folder of `a`: as a volume, that folder would hold (and its removal would take) all of it. */
export function passesThrough(a: RemoteDir, folderName: string, all: readonly RemoteDir[]): RemoteDir | undefined {
  const folder = below(rootOf(a), folded(a, folderName));
  return all.find(b => b.label !== a.label && isSameServer(a, b) && isAtOrBelow(rootOf(b), folder));
}

/** A remote dir other than `a` whose volumes lie in the very same folder. */
export function sameRootAs(a: RemoteDir, all: readonly RemoteDir[]): RemoteDir | undefined {
  return all.find(b => b.label !== a.label && isSameServer(a, b) && rootOf(b) === rootOf(a));
}

/** One address that both have is enough. */
function isSameServer(a: RemoteDir, b: RemoteDir): boolean {
  const servers = serversOf(a);
  return serversOf(b).some(server => servers.includes(server));
}

// The version is left out on purpose: NFSv3 and NFSv4 of one server show the same folders. SMB has names of its own for them.
function serversOf(dir: RemoteDir): string[] {
  const addrs = addrsOf(dir);
  // "/" of an access point is another folder than "/" of its file system.
  const beside = `${dir.port ?? driverFor(dir.type).port} ${dir.accessPoint ?? ''}`;
  return addrs.length === 0 ? [''] : addrs.map(addr => `${hostOf({ ...dir, addr })} ${beside}`);
}

const rootOf = (dir: RemoteDir) => folded(dir, rootPath(dir));
const folded = ({ type }: RemoteDir, path: string) => (driverFor(type).foldsCase === true ? path.toLowerCase() : path);

const below = (path: string, name: string) => (path === '/' ? `/${name}` : `${path}/${name}`);
const isAtOrBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
