// One example of every failure, as docs/errors.md shows it. The compiler asks for a sample when a code is added.

import type { FailureCode, FailureFields } from '../../src/errors.ts';

const id = '6d1f0c9e-4f57-4c0e-9d2a-0b6f1a7c3e55';
const otherId = 'b1a4c2d8-93f0-47d6-8a5e-2f7b60c1d9aa';

export const samples: { readonly [C in FailureCode]: FailureFields<C> } = {
  InvalidRequest: { problem: 'Name is missing' },
  InvalidName: { name: '../etc', problem: 'it contains "/"' },
  LabelNeeded: { known: ['nas', 'scratch'] },
  UnknownLabel: { label: 'nsa', known: ['nas', 'scratch'] },
  RemoteDirGone: { label: 'nas' },
  RemoteDirInvalid: {
    label: 'nas',
    faults: ['RemoteDirs.nas.uid: expected a whole number from 0 to 4294967294, found "me"'],
  },
  RemoteDirDiffers: { label: 'nas', differences: [{ option: 'addr', asked: '10.0.0.6', inForce: '10.0.0.5' }] },
  UnknownOption: { option: 'mod', near: 'mode', known: ['uid', 'gid', 'mode'] },
  SecretInOptions: { option: 'password' },
  InvalidOption: { option: 'mode', value: '999', expected: 'three or four octal digits, for example 0750' },
  OptionsDiffer: { differences: [{ option: 'mode', asked: '0700', inForce: '0750' }] },
  SpellingTaken: { known: 'pgdata' },
  NameTaken: { name: 'pgdata', by: 'the volume "pgdata@nas"' },
  DirectOptionsInvalid: {
    faults: ['o: addr= is missing; expected addr= with the host name or address of the server'],
  },
  NoSuchVolume: {},
  NotMounted: {},
  VolumeInUse: { users: ['container 3f2a9c0b71de'] },
  BeingRemoved: { since: '2026-11-21T09:30:00.000Z', by: 'alpha' },
  NotRemovable: { reason: 'in the place of its folder is a file; look at it, and remove or restore it by hand' },
  NothingToRelease: { host: 'web1', reason: 'it has nothing attached there' },
  NothingToAccept: { label: 'nas' },
  NotRestorable: { reason: 'there is a volume "pgdata" now' },
  NotAdoptable: { folder: '/export/media', problem: 'it is no folder but a file' },
  FolderMissing: { folder: '/export/pgdata' },
  RecordUnreadable: { file: '.nfs-shared/volumes/pgdata.json', problem: 'it is not JSON' },
  ShareUnreachable: {
    label: 'nas',
    server: '10.0.0.5:/export',
    problem: '10.0.0.5 refused the connection on port 2049 (is the NFS server running there?)',
  },
  ServerUnreachable: {
    source: '10.0.0.5:/export/media',
    problem: '10.0.0.5 refused the connection on port 2049 (is the NFS server running there?)',
  },
  WrongShare: { label: 'nas', known: id, found: otherId },
  ShareTooNew: { label: 'nas', version: '2' },
  ShareDamaged: { label: 'nas', file: '.nfs-shared/format.json', problem: 'is not JSON' },
  SameRoot: { label: 'backup', other: 'nas' },
  ShareNotWritable: {
    folder: '/export',
    who: 'uid 0 of this host',
    tried: 'make and change files (permission denied)',
    owner: 1000,
    group: 1000,
    mode: '0755',
  },
  ShareReadOnly: { label: 'media', bySetting: true },
  OwnerRefused: { asked: 'owner 999:999', problem: 'operation not permitted' },
  StorageFailed: { label: 'nas', tried: 'create the volume', problem: 'no space left' },
  MountFailed: {
    source: '10.0.0.5:/export',
    problem: '10.0.0.5 answers on port 2049 but does not export /export to this host (exports: /data, /home)',
  },
  LoginRefused: { source: '//10.0.0.5/share', server: '10.0.0.5', who: 'user "docker"', expired: false },
  ShareMissing: { source: '//10.0.0.5/shaer', server: '10.0.0.5', share: 'shaer', folder: undefined },
  VersionRefused: { source: '//10.0.0.5/share', server: '10.0.0.5', asked: '2.1', offered: '3.1.1' },
  CryptoMissing: { source: '//10.0.0.5/share', missing: ['gcm(aes)'] },
  NotThroughProxy: { source: '10.0.0.5:/export', address: '10.0.0.5' },
  HasSubmounts: { folder: '/srv/volumes/media', mountPoint: '/srv/volumes/media/films' },
  TimedOut: { what: 'mounting the volume', seconds: 25 },
  HostIdShared: { other: 'alpha-copy' },
  LocalStateUnwritable: { file: '/mnt/vmdk/.nfs-shared/catalogue', problem: 'permission denied' },
  CutOff: {},
  ShuttingDown: {},
  Unexpected: { problem: 'the volume was made and removed by others again and again while this was tried' },
};
