import { describe, expect, test } from '@jest/globals';
import { nfsDriver } from '../../../src/drivers/nfs.ts';
import { asksForV3, conflictsOf } from '../../../src/drivers/nfs-args.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';

const nfs3 = nfsDriver('nfs3');
const nfs4 = nfsDriver('nfs4');
const dir = (type: 'nfs3' | 'nfs4', more: Partial<RemoteDir> = {}): RemoteDir => ({
  label: 'nas',
  type,
  addr: '10.0.0.5',
  path: '/export',
  volPath: 'volumes',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
  ...more,
});
const safe = ['nosuid', 'nodev'];
const control = [
  'soft',
  'timeo=50',
  'retrans=2',
  'nosharecache',
  'lookupcache=none',
  'acdirmin=0',
  'acdirmax=0',
  'retry=0',
  ...safe,
];

describe('NFS data mounts', () => {
  test('a share of which nothing else is said is mounted hard, and what another host made is seen', () => {
    expect(nfs4.dataPlan(dir('nfs4'))).toEqual({
      kind: 'helper',
      helper: 'mount.nfs',
      source: '10.0.0.5:/export',
      options: ['vers=4', 'hard', 'lookupcache=positive', 'retry=0', ...safe],
      fsTypes: ['nfs4'],
    });
    expect(nfs3.dataPlan(dir('nfs3', { port: 2050, addr: 'fd00::5' }))).toMatchObject({
      source: '[fd00::5]:/export',
      options: ['vers=3', 'port=2050', 'hard', 'lookupcache=positive', 'retry=0', ...safe],
      fsTypes: ['nfs'],
    });
  });

  test.each(['vers=4.2', 'nfsvers=4.1', 'v4.0'])(
    'the version %s that somebody asked for is not asked for twice',
    version => {
      expect(nfs4.dataPlan(dir('nfs4', { args: [version] })).options).toEqual([
        'hard',
        'lookupcache=positive',
        version,
        'retry=0',
        ...safe,
      ]);
    },
  );

  test('who asks for soft, or for another lookup cache, gets it', () => {
    const args = ['soft', 'lookupcache=all', 'nconnect=4'];
    expect(nfs4.dataPlan(dir('nfs4', { args })).options).toEqual(['vers=4', ...args, 'retry=0', ...safe]);
  });
});

describe('NFS control mounts', () => {
  test('go the way of the data mount, but give errors instead of waiting', () => {
    const args = [
      'vers=4.1',
      'proto=tcp',
      'sec=krb5',
      'rsize=65536',
      'nconnect=4',
      'hard',
      'noatime',
      'timeo=600',
      'sync',
    ];
    expect(nfs4.controlPlan(dir('nfs4', { args, port: 2050 }))?.options).toEqual([
      'port=2050',
      'vers=4.1',
      'proto=tcp',
      'sec=krb5',
      'rsize=65536',
      'nconnect=4',
      ...control,
    ]);
  });

  test('of version 3 work without a lock daemon; data mounts do so only when asked', () => {
    expect(nfs3.controlPlan(dir('nfs3'))?.options).toEqual(['vers=3', 'nolock', ...control]);
    expect(nfs3.dataPlan(dir('nfs3')).options).not.toContain('nolock');
    expect(nfs3.dataPlan(dir('nfs3', { args: ['nolock'] })).options).toContain('nolock');
  });
});

describe('NFS mount options', () => {
  test.each([
    'hard',
    'soft',
    'softerr',
    'noatime',
    'noexec',
    'fsc',
    'sec=krb5p:krb5i',
    'nconnect=16',
    'rw',
    'defaults',
    'proto=tcp6',
  ])('%s is taken by both versions', arg => {
    expect([nfs3.refuseArg(arg), nfs4.refuseArg(arg)]).toEqual([undefined, undefined]);
  });

  test.each(['vers=3', 'nfsvers=3', 'v3', 'nolock', 'lock', 'proto=udp', 'udp'])('%s is for version 3 only', arg => {
    expect(nfs3.refuseArg(arg)).toBeUndefined();
    expect(nfs4.refuseArg(arg)).toBeDefined();
  });

  test.each(['vers=4', 'vers=4.0', 'nfsvers=4.1', 'v4.2', 'minorversion=1'])('%s is for version 4 only', arg => {
    expect(nfs4.refuseArg(arg)).toBeUndefined();
    expect(nfs3.refuseArg(arg)).toBeDefined();
  });

  test.each(['vers=2', 'vers=5', 'vers=4.3', 'vers=', 'vers', 'v4.1=1', 'v9', 'minorversion=7'])(
    '%s is a version of neither',
    arg => {
      expect([nfs3.refuseArg(arg), nfs4.refuseArg(arg)]).not.toContain(undefined);
    },
  );

  test('who wants a read-only store is told the setting for it, and the option of a single volume', () => {
    expect(nfs4.refuseArg('ro')).toMatch(/setting of its own, readOnly .*access=ro/);
  });

  test('options that contradict each other are named together', () => {
    expect(conflictsOf(['hard', 'noatime', 'soft', 'vers=4', 'v4.1'])).toEqual([
      'hard and soft cannot stand together; keep one of them',
      'vers=4 and v4.1 cannot stand together; keep one of them',
    ]);
    expect(conflictsOf(['hard', 'vers=4', 'minorversion=1', 'noatime'])).toEqual([]);
  });

  test('nfs means version 3 only when an option says so', () => {
    expect([['vers=3'], ['nfsvers=3'], ['v3']].map(asksForV3)).toEqual([true, true, true]);
    expect([[], ['vers=4'], ['vers=3.0']].map(asksForV3)).toEqual([false, false, false]);
  });

  test.each([
    [['rw', 'vers=4.2', 'hard'], '4.2'],
    [['vers=3'], '3'],
    [['vers=4', 'minorversion=1'], '4.1'],
  ])('the mount table line with %j is version %s', (options, version) => {
    expect(nfs4.negotiated(options)).toBe(version);
  });
});
