import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { SPARES } from '../../../src/remotes/share-format.ts';
import { type FileWork, fileWork } from '../../../src/system/file-work.ts';
import { createVolume } from '../../../src/volumes/create-volume.ts';
import type { VolumeOptions } from '../../../src/volumes/record.ts';
import { lookUp } from '../../../src/volumes/records.ts';

jest.setTimeout(60_000);
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'smb-names-'));
  for (const name of ['volumes', 'attachments', 'trash', ...SPARES])
    mkdirSync(join(root, '.nfs-shared', name), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const smb: RemoteDir = {
  label: 'office',
  type: 'cifs',
  addr: 'nas',
  path: '/share',
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
};
const create = (folder: string, more: { dir?: RemoteDir; options?: VolumeOptions; files?: FileWork } = {}) =>
  createVolume(more.files ?? fileWork(root), {
    dir: more.dir ?? smb,
    folder,
    options: more.options ?? {},
    host: { id: randomUUID(), name: 'h1' },
    now: () => new Date(),
    newId: randomUUID,
    refuseFolder: () => undefined,
  });
const everything = () => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();

/** A server that does not tell names apart by case: each is found under the spelling it was made with. */
function foldingCase(): FileWork {
  const real = fileWork(root);
  const spelt = (path: string) => {
    let found = '';
    for (const part of path.split('/').filter(Boolean)) {
      const names = readdirSync(join(root, found));
      found = join(found, names.find(name => name.toLowerCase() === part.toLowerCase()) ?? part);
    }
    return found;
  };
  return new Proxy(real, {
    get: (files, operation: keyof FileWork) => {
      const act = files[operation] as (...args: unknown[]) => Promise<unknown>;
      const paths = operation === 'rename' || operation === 'linkNew' ? 2 : 1;
      return (...args: unknown[]) =>
        act(...args.map((arg, at) => (at < paths && typeof arg === 'string' ? spelt(arg) : arg)));
    },
  });
}

describe('on SMB', () => {
  test.each<[string, () => FileWork]>([
    ['that tells them apart', () => fileWork(root)],
    ['that does not', foldingCase],
  ])('a name that differs only in case from another volume is refused, on a server %s', async (_, files) => {
    await create('Shop', { files: files() });
    mkdirSync(join(root, 'Media'));
    const before = everything();
    await expect(create('shop', { files: files() })).rejects.toThrow(
      '"shop" is not a volume name: there is "Shop" already, and SMB does not tell names apart',
    );
    await expect(create('MEDIA', { files: files() })).rejects.toThrow('there is "Media" already');
    expect(everything()).toEqual(before);
    await create('Shop', { files: files() });
    expect(await lookUp(files(), smb, 'shop', [smb])).toBeUndefined();
    expect(await lookUp(files(), smb, 'Shop', [smb])).toMatchObject({ record: { folder: 'Shop' } });
    const all: RemoteDir = { ...smb, adopt: 'all' };
    expect(await lookUp(files(), all, 'media', [all])).toBeUndefined();
    expect(await lookUp(files(), all, 'Media', [all])).toEqual({ record: undefined });
  });

  test.each(['con', 'NUL', 'lpt1.data', 'data.'])('the name %s is refused before anything is asked for', async name => {
    const nothing = new Proxy({} as FileWork, {
      get: () => {
        throw new Error('the share was asked');
      },
    });
    await expect(create(name, { files: nothing })).rejects.toMatchObject({ code: 'InvalidName' });
  });

  test('an owner that the mount does not show is refused in words, and nothing is left', async () => {
    const before = everything();
    // What the kernel makes of chown and chmod on SMB: nothing, and no error.
    const files: FileWork = { ...fileWork(root), setOwner: async () => {}, setMode: async () => {} };
    await expect(create('db', { files, options: { uid: 999 } })).rejects.toThrow(
      /owner 999:\d+: SMB shows all files of a remote dir with one owner and mode, here \d+:\d+ \(settings uid and gid/,
    );
    await expect(create('db', { files, options: { mode: '0700' } })).rejects.toThrow(
      /mode 0700: SMB shows all .*here 0755/,
    );
    expect(everything()).toEqual(before);
    await create('db', { files, options: { mode: '0755' } });
  });
});

test('elsewhere names that differ in case are two volumes', async () => {
  const { addr: _, ...rest } = smb;
  const dir: RemoteDir = { ...rest, type: 'local', path: root };
  await create('Shop', { dir });
  await create('shop', { dir });
  await create('con', { dir });
  expect(everything()).toEqual(expect.arrayContaining(['Shop', 'shop', 'con']));
});
