// Every field and state that a volume's status can have.

import { driverFor } from '../../src/drivers/registry.ts';
import { parseMountTable } from '../../src/mounts/mount-table.ts';
import type { RemoteDir } from '../../src/remotes/remote-dir.ts';
import type { ShareState } from '../../src/remotes/share.ts';
import { parseDirectOptions } from '../../src/volumes/direct/direct-options.ts';
import { type DirectFacts, directStatus } from '../../src/volumes/direct/direct-status.ts';
import type { VolumeRecord } from '../../src/volumes/record.ts';
import { type StatusFacts, volumeStatus } from '../../src/volumes/volume-status.ts';

export function statusKeys(): Set<string> {
  const moved = volumeStatus({ ...everything, dir: twoAddresses, mounted: byTheOther });
  const withRecord = volumeStatus(everything);
  const withoutRecord = volumeStatus({ ...everything, record: undefined });
  return new Set([withRecord, withoutRecord, moved, directStatus(direct)].flatMap(status => Object.keys(status)));
}

// The compiler asks for a line when a share learns a new state.
const shareStates: { readonly [S in ShareState]: true } = {
  opening: true,
  ok: true,
  unreachable: true,
  'wrong-share': true,
  refused: true,
};
export const states = [...Object.keys(shareStates), 'not-configured', 'invalid-config', 'record-unreadable'];

const dir: RemoteDir = {
  label: 'disk',
  type: 'local',
  path: '/srv',
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
};
const encrypted: RemoteDir = { ...dir, tls: { verify: true }, accessPoint: 'fsap-0123456789abcdef0' };
const twoAddresses: RemoteDir = { ...dir, type: 'nfs4', addr: 'b', addrs: ['a', 'b'] };
const [byTheOther] = parseMountTable('36 35 0:99 / /mnt/vmdk/nas rw - nfs4 a:/srv rw\n');
const at = '2026-11-21T09:30:00.000Z';
const host = { id: 'b1a4c2d8-93f0-47d6-8a5e-2f7b60c1d9aa', name: 'alpha' };
const record: VolumeRecord = {
  version: 1,
  id: '6d1f0c9e-4f57-4c0e-9d2a-0b6f1a7c3e55',
  folder: 'pgdata',
  createdAt: at,
  createdBy: host,
  adopted: false,
  options: { uid: 1, gid: 1, mode: '0750', access: 'ro', group: 'shop', capacity: '5G', onRemove: 'trash' },
};
const everything: StatusFacts = {
  state: 'unreachable',
  problem: 'it does not answer',
  since: new Date(at),
  label: dir.label,
  dir: encrypted,
  driver: driverFor(dir.type),
  shareId: record.id,
  folder: record.folder,
  record,
  inspection: {
    kind: 'folder',
    uid: 1,
    gid: 1,
    mode: 0o750,
    inode: '7',
    born: '0',
    modified: at,
    accessed: at,
    changed: at,
  },
  space: { bytes: 2, free: 1 },
  isRemoved: true,
  unwritable: 'it is read-only',
  otherHosts: ['host "beta" (1 container)'],
  mounted: undefined,
  references: 0,
  users: [],
  diesWithPlugin: true,
};

const options = { type: 'nfs', o: 'addr=10.0.0.5', device: ':/export/media', group: 'shop' };
const direct: DirectFacts = {
  volume: {
    name: 'media',
    key: 'media',
    record: { version: 1, id: record.id, createdAt: at, createdBy: host, options },
    settings: parseDirectOptions(new Map(Object.entries(options))),
  },
  reach: { problem: 'it does not answer', since: new Date(at) },
  mounted: undefined,
  references: 0,
  users: [],
};
