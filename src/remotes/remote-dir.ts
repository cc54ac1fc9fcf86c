// One share this host may use: its settings, checked once at the border and trusted from then on.

import type { Login } from '../mounts/mount-plan.ts';

export const LABEL = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

export type RemoteDirType = 'nfs3' | 'nfs4' | 'efs' | 'cifs' | 'local';
export type OnRemove = 'trash' | 'delete' | 'retain';

/** Where the settings came from; a later origin never overrides an earlier one. */
export type Origin = 'static' | 'dynamic' | 'embedded';

/** How the way to a server is encrypted by a proxy of ours. */
export interface TlsSettings {
  /** What has to be in the server's certificate, where that is not the host we connect to. */
  readonly name?: string;
  /** A file below the mount `credentials` with the authorities to trust, instead of those of the system. */
  readonly ca?: string;
  readonly verify: boolean;
}

export interface RemoteDir {
  readonly label: string;
  readonly type: RemoteDirType;
  /**
   * Host name or address of the server, or the id of an EFS file system; absent for `local`. IPv6 addresses stand here without brackets. Of several it is the
   * first, and in a remote dir as it is found the one that is used.
   */
  readonly addr?: string;
  /** All of them in their order, where there are several. */
  readonly addrs?: readonly string[];
  /** Where in AWS a file system is that `addr` names by its id. */
  readonly region?: string;
  readonly accessPoint?: string;
  readonly tls?: TlsSettings;
  readonly port?: number;
  readonly login?: Login;
  /** What the server exports, the share and a folder in it, or the folder on this host; absolute, without a trailing slash unless it is `/`. */
  readonly path: string;
  /** Folder below `path` that holds the volumes; relative, without empty, `.` or `..` parts; '' when it is `path` itself. */
  readonly volPath: string;
  /** Mount options of the user's, already checked one by one. */
  readonly args: readonly string[];
  /** Owner of new volumes, and the identity of our own work there when root is squashed. */
  readonly uid?: number;
  readonly gid?: number;
  /** Nothing is ever written there, not even by us, and containers can only read. */
  readonly readOnly?: true;
  /** `all`: every plain folder of the root is listed as a volume, with or without a record. */
  readonly adopt?: 'all';
  readonly onRemove: OnRemove;
  /** How long a removed volume can still be had back, in seconds. */
  readonly trashFor: number;
  readonly origin: Origin;
}

/** The folder that holds the volumes, as the server (or this host) names it. */
export function rootPath(dir: Pick<RemoteDir, 'path' | 'volPath'>): string {
  if (dir.volPath === '') return dir.path;
  return dir.path === '/' ? `/${dir.volPath}` : `${dir.path}/${dir.volPath}`;
}

export const addrsOf = ({ addr, addrs }: Pick<RemoteDir, 'addr' | 'addrs'>): readonly string[] =>
  addrs ?? (addr === undefined ? [] : [addr]);

/** The same share by each of its addresses: first the one that is used, then the others in their order. */
export function byEachAddress(dir: RemoteDir): RemoteDir[] {
  const { addr, addrs } = dir;
  if (addr === undefined || addrs === undefined) return [dir];
  return [dir, ...addrs.filter(other => other !== addr).map(other => ({ ...dir, addr: other }))];
}

/** What to connect to. AWS gives every file system a name, which leads to the mount target in the zone of whoever asks. */
export function hostOf({ addr = '', region }: Pick<RemoteDir, 'addr' | 'region'>): string {
  if (region === undefined) return addr;
  return `${addr}.efs.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** `10.0.0.5:/export`, `[fd00::5]:/export`, `//10.0.0.5/share/folder`, or the folder of a local remote dir. */
export function sourceOf(dir: Pick<RemoteDir, 'type' | 'addr' | 'region' | 'path'>): string {
  if (dir.addr === undefined) return dir.path;
  // mount.cifs takes an IPv6 address as it is, and no brackets.
  if (dir.type === 'cifs') return `//${dir.addr}${dir.path}`;
  const host = hostOf(dir);
  return `${host.includes(':') ? `[${host}]` : host}:${dir.path}`;
}
