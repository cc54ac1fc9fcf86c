import { describe, expect, test } from '@jest/globals';
import { type MountEntry, parseMountTable } from '../../../src/mounts/mount-table.ts';
import { usersOf } from '../../../src/mounts/mount-users.ts';
import { addressOf } from '../../../src/mounts/tls-front.ts';
import { markOf, markOfShare } from '../../../src/volumes/volume-mark.ts';

const entry = (root: string, source: string, at = '/mnt/vmdk/nas', type = 'nfs4'): MountEntry =>
  parseMountTable(`36 35 0:99 ${root} ${at} rw - ${type} ${source} rw\n`)[0] as MountEntry;

describe('who uses a share that is mounted here', () => {
  const usersFound = (share: MountEntry, volPath: string, other: MountEntry) =>
    usersOf([{ pid: 7, entries: [other] }], markOfShare('nas', volPath, share)).length;

  test.each([
    ['a container, as NFS shows its folder', '', '/', '10.0.0.5:/export/pgdata', 1],
    ['a container, as other file systems show its folder', '', '/pgdata', '10.0.0.5:/export', 1],
    [
      'a container with a folder below the root of the volumes',
      'docker/vols',
      '/',
      '10.0.0.5:/export/docker/vols/db',
      1,
    ],
    ['somebody beside the root of the volumes', 'docker/vols', '/', '10.0.0.5:/export/docker/other', 0],
    ['the host itself, which sees the share mounted', '', '/', '10.0.0.5:/export', 0],
    ['somebody with another share of the server', '', '/', '10.0.0.5:/export2/pgdata', 0],
  ])('%s', (_, volPath, root, source, users) => {
    expect(usersFound(entry('/', '10.0.0.5:/export'), volPath, entry(root, source, '/data'))).toBe(users);
  });

  test("a container, when the share is the server's root", () => {
    expect(usersFound(entry('/', '10.0.0.5:/'), '', entry('/', '10.0.0.5:/pgdata', '/data'))).toBe(1);
    expect(usersFound(entry('/', '10.0.0.5:/'), '', entry('/', '10.0.0.5:/', '/data'))).toBe(0);
  });

  test('a container that has outlived an earlier mount of an SMB share', () => {
    const share = entry('/', '//nas/share/docker', '/mnt/vmdk/nas', 'cifs');
    const earlier = (root: string, source: string, type = 'cifs') => ({
      ...entry(root, source, '/data', type),
      device: '0:7',
    });
    expect(usersFound(share, 'vols', earlier('/vols/db', '//nas/share/docker'))).toBe(1);
    expect(usersFound(share, 'vols', earlier('/vols/db', '//nas/share/docker', 'smb3'))).toBe(1);
    expect(usersFound(share, 'vols', earlier('/other/db', '//nas/share/docker'))).toBe(0);
    expect(usersFound(share, 'vols', earlier('/vols/db', '//nas/share/docker', 'ext4'))).toBe(0);
    expect(usersFound(share, '', earlier('/', '//nas/share/docker'))).toBe(0);
  });

  test('our read-only view of a volume is no user', () => {
    const view = entry('/', '10.0.0.5:/export/pgdata', '/mnt/vmdk/.nfs-shared/ro/nas/pgdata');
    expect(usersFound(entry('/', '10.0.0.5:/export'), '', view)).toBe(0);
  });

  test('our mount of a folder that is a volume by itself is no user', () => {
    const direct = entry('/', '10.0.0.5:/export/pgdata', '/mnt/vmdk/.nfs-shared/direct/pgdata.1');
    expect(usersFound(entry('/', '10.0.0.5:/export'), '', direct)).toBe(0);
  });

  test('a container with a folder of a local share', () => {
    const share = entry('/data/nas', '/dev/vda1', '/mnt/vmdk/nas', 'ext4');
    expect(usersFound(share, '', entry('/data/nas/pgdata', '/dev/vda1', '/data', 'ext4'))).toBe(1);
    expect(usersFound(share, '', entry('/data/nas', '/dev/vda1', '/mnt/here', 'ext4'))).toBe(0);
  });
});

test('a volume behind TLS shows with the address of the proxy, also once our mount is gone', () => {
  const front = { host: 'nas.example', port: 2049, name: 'nas.example', verify: true };
  const place = { type: 'nfs4', addr: 'nas.example', path: '/export', volPath: 'vols', tls: { verify: true } } as const;
  const dir = { ...place, label: 'nas', args: [], onRemove: 'trash', trashFor: 60, origin: 'static' } as const;
  const mark = markOf(dir, { label: 'nas', folder: 'db' }, undefined, []);
  expect(mark.source).toBe(`${addressOf(front)}:/export/vols/db`);
  const container = entry('/', `${addressOf(front)}:/export/vols/db`, '/data');
  expect(usersOf([{ pid: 7, entries: [container] }], mark)).toHaveLength(1);
});
