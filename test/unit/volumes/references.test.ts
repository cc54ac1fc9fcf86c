import { describe, expect, test } from '@jest/globals';
import { parseMountTable } from '../../../src/mounts/mount-table.ts';
import type { Namespace, VolumeMark } from '../../../src/mounts/mount-users.ts';
import { References } from '../../../src/volumes/references.ts';

const ref = { label: 'nas', folder: 'db' };
const mark: VolumeMark = { device: '0:55', root: '/db', notAt: '/.nfs-shared/ro/nas/db' };
const container = 'c'.repeat(64);

/** The mount table of a container that has the volume at /data. */
const withVolume = (root = '/db', device = '0:55'): Namespace => ({
  pid: 77,
  entries: parseMountTable(
    `100 90 0:40 / / rw - overlay overlay rw
101 100 8:1 /var/lib/docker/containers/${container}/hostname /etc/hostname rw - ext4 /dev/sda1 rw
102 100 ${device} ${root} /data rw - nfs4 10.0.0.5:/export rw
`,
  ),
});

function host() {
  const state = { namespaces: [] as Namespace[], minutes: 0 };
  const references = new References({
    readNamespaces: async () => state.namespaces,
    clock: () => state.minutes * 60_000,
    now: () => new Date('2026-01-02T03:04:05Z'),
  });
  const users = async () => (await references.inUse(new Map([[ref, mark]]))).get('db@nas') ?? [];
  return { state, references, users };
}

describe('who uses a volume', () => {
  test('is nobody at first, and nobody again after as many Unmounts as Mounts', async () => {
    const { references, users } = host();
    expect(await users()).toEqual([]);
    references.add(ref, 'a');
    references.add(ref, 'b');
    expect(await users()).toHaveLength(2);
    references.drop(ref, 'a');
    references.drop(ref, 'b');
    expect(await users()).toEqual([]);
    expect(references.toldOf('nas')).toEqual([]);
  });

  test('is still the running container after docker cp mounted and unmounted under the same ID', async () => {
    const { references, users } = host();
    references.add(ref, 'same');
    references.add(ref, 'same');
    references.drop(ref, 'same');
    expect(await users()).toEqual([
      expect.stringMatching(/container that is being started \(mount same, since 2026-01-02T03:04:05/),
    ]);
    references.drop(ref, 'same');
    expect(await users()).toEqual([]);
  });

  test('is a container nobody told us of, as after a restart of the plugin, by its id', async () => {
    const { state, users } = host();
    state.namespaces = [withVolume()];
    expect(await users()).toEqual([`container ${'c'.repeat(12)}`]);
  });

  test('is a container that mounts only a folder inside the volume, and not one with a volume of a longer name', async () => {
    const { state, users } = host();
    state.namespaces = [withVolume('/db/sub')];
    expect(await users()).toHaveLength(1);
    state.namespaces = [withVolume('/db2')];
    expect(await users()).toEqual([]);
    state.namespaces = [withVolume('/db', '0:56')];
    expect(await users()).toEqual([]);
  });

  test('is one user when it was told and is seen', async () => {
    const { state, references, users } = host();
    references.add(ref, 'id');
    state.namespaces = [withVolume()];
    expect(await users()).toEqual([`container ${'c'.repeat(12)}`]);
  });

  test('is nobody any more some minutes after an Unmount was lost, and before that the container that may still start', async () => {
    const { state, references, users } = host();
    references.add(ref, 'lost');
    state.minutes = 5;
    expect(await users()).toHaveLength(1);
    state.minutes = 11;
    expect(await users()).toEqual([]);
    expect(references.told(ref)).toBe(0);
  });

  test('is not forgotten while a container shows it, however long that is', async () => {
    const { state, references, users } = host();
    references.add(ref, 'id');
    state.namespaces = [withVolume()];
    state.minutes = 10_000;
    expect(await users()).toHaveLength(1);
    expect(references.told(ref)).toBe(1);
  });

  test('is unknown, and no empty list, when the mount tables cannot be read', async () => {
    const references = new References({
      readNamespaces: async () => {
        throw new Error('no permission');
      },
    });
    await expect(references.inUse(new Map([[ref, mark]]))).rejects.toThrow('no permission');
  });
});

test('an Unmount for an ID of an earlier life is nothing', () => {
  const { references } = host();
  references.drop(ref, 'unknown');
  references.add(ref, 'id');
  references.drop(ref, 'unknown');
  expect(references.told(ref)).toBe(1);
});
