// What docker volume inspect shows of a volume: everything an operator would otherwise have to go and look for.

import type { Driver } from '../drivers/driver.ts';
import type { MountEntry } from '../mounts/mount-table.ts';
import { byEachAddress, hostOf, type RemoteDir, rootPath, sourceOf, type TlsSettings } from '../remotes/remote-dir.ts';
import { isStandIn } from '../remotes/share-ids.ts';
import type { Inspection, Space } from '../system/file-work.ts';
import type { VolumeRecord } from './record.ts';
import { mountSourceOf } from './volume-mark.ts';

export interface StatusFacts {
  readonly state: string;
  readonly problem: string | undefined;
  readonly since: Date | undefined;
  readonly label: string;
  readonly dir: RemoteDir | undefined;
  readonly driver: Driver | undefined;
  readonly shareId: string | undefined;
  readonly folder: string;
  readonly record: VolumeRecord | undefined;
  readonly inspection: Inspection | undefined;
  readonly space: Space | undefined;
  readonly isRemoved: boolean;
  /** Why this host can change nothing on the share; undefined: it can, as far as is known */
  readonly unwritable: string | undefined;
  /** Hosts besides this one that have it, in words; undefined: not known now */
  readonly otherHosts: readonly string[] | undefined;
  readonly mounted: MountEntry | undefined;
  /** Mounts Docker has told us of in this life of the plugin */
  readonly references: number;
  /** Who has it mounted now, by the mount tables; undefined: they could not be read in time */
  readonly users: readonly string[] | undefined;
  /** `local` data that lies in the plugin's own folder */
  readonly diesWithPlugin: boolean;
}

export type VolumeStatus = Readonly<Record<string, unknown>>;

export function volumeStatus(facts: StatusFacts): VolumeStatus {
  const { dir, record, inspection, space, mounted, driver } = facts;
  return {
    state: facts.state,
    ...(facts.problem === undefined ? {} : { problem: facts.problem, since: facts.since?.toISOString() }),
    remoteDir: facts.label,
    shareId: shareIdInWords(facts.shareId),
    ...(dir === undefined ? {} : whereItLies(dir, facts.folder)),
    ...(dir?.addrs === undefined ? {} : { addresses: dir.addrs, ...mountedBy(dir, mounted) }),
    version:
      (mounted === undefined ? undefined : driver?.negotiated([...mounted.options, ...mounted.superOptions])) ??
      'not mounted',
    ...(inspection === undefined
      ? {}
      : {
          uid: inspection.uid,
          gid: inspection.gid,
          mode: inspection.mode.toString(8).padStart(4, '0'),
          modified: inspection.modified,
          accessed: inspection.accessed,
        }),
    ...(record === undefined
      ? { record: 'none: a folder of the share, listed because of adopt=all' }
      : recordFacts(record)),
    ...(dir?.readOnly === true ? { access: 'ro' } : {}),
    ...(facts.unwritable === undefined ? {} : { readOnly: facts.unwritable }),
    ...(facts.isRemoved ? { volumeState: 'removing' } : {}),
    used: 'not scanned yet',
    ...(space === undefined ? {} : { shareBytes: space.bytes, shareFreeBytes: space.free }),
    references: facts.references,
    usedBy: facts.users ?? 'not known: the mount tables of this host could not be read in time',
    otherHosts: facts.otherHosts ?? 'not known now',
    ...(facts.diesWithPlugin ? { note: 'this data lies in the plugin itself: docker plugin rm deletes it' } : {}),
  };
}

/** Containers may have it by an address that was used before. */
function mountedBy(dir: RemoteDir, mounted: MountEntry | undefined): VolumeStatus {
  const other = byEachAddress(dir)
    .slice(1)
    .find(each => mountSourceOf(each) === mounted?.source);
  return other === undefined ? {} : { mountedFrom: sourceOf(other) };
}

function shareIdInWords(id: string | undefined): string {
  if (id === undefined) return 'not known yet';
  return isStandIn(id)
    ? 'none: it could never be written, so that another share in its place would be noticed only by being empty'
    : id;
}

function whereItLies(dir: RemoteDir, folder: string): VolumeStatus {
  return {
    type: dir.type,
    server: dir.addr === undefined ? 'this host' : hostOf(dir),
    source: sourceOf(dir),
    ...(dir.tls === undefined ? {} : { encryption: encryptionOf(dir, dir.tls) }),
    ...(dir.accessPoint === undefined ? {} : { accessPoint: dir.accessPoint }),
    remotePath: `${rootPath(dir) === '/' ? '' : rootPath(dir)}/${folder}`,
    mountOptions: dir.args.join(',') || 'default',
  };
}

function encryptionOf(dir: RemoteDir, { verify, name, ca }: TlsSettings): string {
  if (!verify)
    return 'TLS, BUT NOBODY CHECKS WHO THE SERVER IS (tls-verify is false): whoever is between can read and change everything';
  const authorities = ca === undefined ? 'the authorities of the system' : `the authorities in "${ca}"`;
  return `TLS; the server has to be ${name ?? hostOf(dir)} by ${authorities}`;
}

function recordFacts(record: VolumeRecord): VolumeStatus {
  const { options } = record;
  return {
    created: record.createdAt,
    createdBy: record.createdBy.name,
    adopted: record.adopted,
    access: options.access ?? 'rw',
    onRemove: options.onRemove ?? 'as the remote dir says',
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(options.capacity === undefined ? {} : { size: `${options.capacity} (not enforced)` }),
    options,
  };
}
