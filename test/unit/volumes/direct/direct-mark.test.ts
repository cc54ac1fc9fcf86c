import { describe, expect, test } from '@jest/globals';
import { parseMountTable } from '../../../../src/mounts/mount-table.ts';
import { usersOf } from '../../../../src/mounts/mount-users.ts';
import { directMark } from '../../../../src/volumes/direct/direct-mark.ts';

const SOURCE = '10.0.0.5:/export/media';
const id = 'f'.repeat(64);
/** As the plugin sees it: its root is a folder of the disk of the host. */
const managed = parseMountTable(`20 1 0:40 / / rw - overlay overlay rw
21 20 8:1 /docker/plugins/${id}/propagated-mount /mnt/vmdk rw shared:9 - ext4 /dev/sda1 rw
22 21 0:55 / /mnt/vmdk/.nfs-shared/direct/media.1 rw shared:10 - nfs4 ${SOURCE} rw
`);
const plain = parseMountTable('1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
const PROPAGATED = `/var/lib/docker/plugins/${id}/propagated-mount`;

function usersSeen(table: ReturnType<typeof parseMountTable>, at: string, source: string, root = '/', wanted = SOURCE) {
  const entries = parseMountTable(`36 35 0:55 ${root} ${at} rw - nfs4 ${source} rw\n`);
  return usersOf([{ pid: 7, entries }], directMark(wanted, '/mnt/vmdk', table)).length;
}

describe('who has the folder of a direct volume', () => {
  test.each([
    ['a container', '/data', SOURCE, '/', 1],
    ['a container with a folder in it', '/data', `${SOURCE}/season`, '/', 1],
    ['a container that has it by a volume on a remote dir', '/data', '10.0.0.5:/export', '/media', 1],
    ['somebody with the folder beside it, on the same device', '/data', '10.0.0.5:/export/photos', '/', 0],
    ['somebody with a folder whose name begins alike', '/data', `${SOURCE}2`, '/', 0],
    ['somebody with all of the export', '/data', '10.0.0.5:/export', '/', 0],
    ['somebody with the same folder of another server', '/data', '10.0.0.6:/export/media', '/', 0],
    ['the host, which sees our mount of it', `${PROPAGATED}/.nfs-shared/direct/media.1`, SOURCE, '/', 0],
    ['the host, which sees a remote dir of the same folder', `${PROPAGATED}/media`, SOURCE, '/', 0],
    ['the host, with a mount of its own', '/mnt/media', SOURCE, '/', 1],
  ])('%s', (_, at, source, root, users) => {
    expect(usersSeen(managed, at, source, root)).toBe(users);
  });

  test('is told from our own mounts also where the plugin is a plain daemon', () => {
    expect(usersSeen(plain, '/mnt/vmdk/.nfs-shared/direct/media.1', SOURCE)).toBe(0);
    expect(usersSeen(plain, '/mnt/vmdk/nas', SOURCE)).toBe(0);
    expect(usersSeen(plain, '/data', SOURCE)).toBe(1);
    const rootIsDisk = parseMountTable('1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /mnt/vmdk rw - ext4 b rw\n');
    expect(usersSeen(rootIsDisk, '/mnt/vmdk/nas', SOURCE)).toBe(0);
  });

  test("may be the server's top folder", () => {
    expect(usersSeen(managed, '/data', '10.0.0.5:/', '/', '10.0.0.5:/')).toBe(1);
    expect(usersSeen(managed, '/data', '10.0.0.5:/x', '/', '10.0.0.5:/')).toBe(1);
  });
});
