// The contract of a protocol driver. A driver turns settings into data and does nothing else: no files, no processes, no
// network. A new protocol is one file beside this one and one line in registry.ts.

import type { MountPlan } from '../mounts/mount-plan.ts';
import type { TlsFront } from '../mounts/tls-front.ts';
import type { RemoteDir, RemoteDirType } from '../remotes/remote-dir.ts';

/** How to find out, within two seconds and without mounting, whether the share can answer. */
export type ProbeTarget =
  | {
      readonly kind: 'rpc';
      readonly host: string;
      readonly port: number;
      readonly program: number;
      readonly version: number;
    }
  /** The same question, asked through the TLS proxy to that front. */
  | { readonly kind: 'tls'; readonly front: TlsFront; readonly program: number; readonly version: number }
  | { readonly kind: 'smb'; readonly host: string; readonly port: number }
  | { readonly kind: 'folder'; readonly path: string };

export interface Driver {
  readonly type: RemoteDirType;
  /** What has to be in the settings besides type and path. */
  readonly needsAddr: boolean;
  /** Where a server listens of which nothing else is said; undefined: there is no server. */
  readonly port: number | undefined;
  /** Says why a mount option cannot be taken, in words that follow "mount option X", or undefined when it can. */
  refuseArg(arg: string): string | undefined;
  /** What mount options say against each other, each of which may be fine alone. */
  conflicts(args: readonly string[]): string[];
  /** What is wrong with settings that are fine one by one: the key to change, and why. */
  faults?(dir: RemoteDir): readonly { readonly key: string; readonly problem: string }[];
  /** The server asks who we are: the settings user, password, domain and credentials are for it. */
  readonly takesLogin?: true;
  /** A TLS proxy of ours can stand before the server: when the settings say so, or unless they say otherwise. */
  readonly tls?: 'when asked for' | 'unless refused';
  /** Without a path in the settings it is the top of the server. */
  readonly pathIsTop?: true;
  /** Owner and mode are not the files' own: all show the ones of the mount. */
  readonly oneOwner?: true;
  /** The server does not tell names apart by capital and small letters. */
  readonly foldsCase?: true;
  /** The client may number files anew for one of its mounts: folders are told by when they were made as well. */
  readonly numbersVary?: true;
  /** Says why a folder of this name cannot be on the server, although it could be on others. */
  refuseName?(folder: string): string | undefined;
  /** The client asks for every folder on the way to a file, each time: file work keeps them open meanwhile. */
  readonly asksForFolders?: true;
  /** What containers use: one per share and host; `hard` unless the user says otherwise. */
  dataPlan(dir: RemoteDir): MountPlan;
  /** What our own file work uses: gives errors, never hangs for good. Undefined: the folder itself serves. */
  controlPlan(dir: RemoteDir): MountPlan | undefined;
  probe(dir: RemoteDir): ProbeTarget;
  /** The version in use, read from the options the mount table shows. */
  negotiated(mountOptions: readonly string[]): string | undefined;
}
