// What docker volume inspect shows of a direct volume. Where the other volumes have something that needs notes of ours on the
// share, it says that there are none.

import { driverFor } from '../../drivers/registry.ts';
import { Failure } from '../../errors.ts';
import type { MountEntry } from '../../mounts/mount-table.ts';
import { sourceOf } from '../../remotes/remote-dir.ts';
import type { VolumeStatus } from '../volume-status.ts';
import type { DirectVolume } from './direct-memory.ts';
import type { Reach } from './servers.ts';

export interface DirectFacts {
  readonly volume: DirectVolume;
  /** undefined: the options are not understood, so no server could be asked */
  readonly reach: Reach | undefined;
  readonly mounted: MountEntry | undefined;
  readonly references: number;
  readonly users: readonly string[] | undefined;
}

export function directStatus({ volume, reach, mounted, references, users }: DirectFacts): VolumeStatus {
  const { record, settings } = volume;
  const isUnderstood = !(settings instanceof Failure);
  const problem = isUnderstood ? reach?.problem : settings.message;
  return {
    state: isUnderstood ? (problem === undefined ? 'ok' : 'unreachable') : 'invalid-config',
    ...(problem === undefined ? {} : { problem, since: reach?.since.toISOString() }),
    remoteDir: 'none: the volume is one folder by itself, named by device',
    shareId: 'none: nothing is written there, so that another folder in its place would not be noticed',
    ...(isUnderstood
      ? {
          type: settings.type,
          server: settings.addr,
          source: sourceOf(settings),
          remotePath: settings.path,
          mountOptions: settings.args.join(',') || 'default',
          version:
            (mounted && driverFor(settings.type).negotiated([...mounted.options, ...mounted.superOptions])) ??
            'not mounted',
          access: settings.access,
          ...(settings.group === undefined ? {} : { group: settings.group }),
        }
      : {}),
    ...(record === undefined
      ? {}
      : { created: record.createdAt, createdBy: record.createdBy.name, options: record.options }),
    onRemove: 'retain',
    references,
    usedBy: users ?? 'not known: the mount tables of this host could not be read in time',
    otherHosts: 'not tracked: nothing is written there by which hosts could see each other',
  };
}
