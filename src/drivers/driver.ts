// The contract of a protocol driver. A driver turns settings into data and does nothing else: no files, no processes, no
// network. A new protocol is one file beside this one and one line in registry.ts.

import type { MountPlan } from '../mounts/mount-plan.ts';
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
  | { readonly kind: 'folder'; readonly path: string };

export interface Driver {
  readonly type: RemoteDirType;
  /** What has to be in the settings besides type and path. */
  readonly needsAddr: boolean;
  /** Says why a mount option cannot be taken, in words that follow "mount option X", or undefined when it can. */
  refuseArg(arg: string): string | undefined;
  /** What containers use: one per share and host; `hard` unless the user says otherwise. */
  dataPlan(dir: RemoteDir): MountPlan;
  /** What our own file work uses: gives errors, never hangs for good. Undefined: the folder itself serves. */
  controlPlan(dir: RemoteDir): MountPlan | undefined;
  probe(dir: RemoteDir): ProbeTarget;
  /** The version in use, read from the options the mount table shows. */
  negotiated(mountOptions: readonly string[]): string | undefined;
}
