// The shares of the SMB suites, and how the plugin gets at them.

import { serverAddress } from '../../guest/nfs-server.ts';
import { SmbServer } from '../../guest/smb-server.ts';

export const smb = new SmbServer(serverAddress);

export const USER = 'office';
/** What a command line, a list of options or a shell would trip over. */
export const PASSWORD = 'p,w "1" x';

export const login = { type: 'cifs', addr: serverAddress, user: USER, password: PASSWORD };

export interface SmbVersion {
  /** As inspect shows it. */
  readonly version: string;
  /** Also the name of the share. */
  readonly label: string;
  readonly args: readonly string[];
}

export const smbVersions: readonly SmbVersion[] = [
  { version: '2.1', label: 'smb21', args: ['vers=2.1'] },
  { version: '3.0', label: 'smb30', args: ['vers=3.0'] },
  // What both sides settle when nothing is said.
  { version: '3.1.1', label: 'smb311', args: [] },
  { version: '3.1.1', label: 'smbsealed', args: ['vers=3.1.1', 'seal'] },
];

/** The share of the suite cifs-faults. */
export const FAULTS = 'smbfaults';

export const folderOf = (share: string) => `/srv/${share}`;
export const OWNER = { uid: 999, gid: 998 };

export function dirOf({ label, args }: SmbVersion): Readonly<Record<string, unknown>> {
  return { ...login, path: `/${label}`, args: [...args, 'dir_mode=0770'], ...OWNER };
}
