import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Failure } from '../../../src/errors.ts';
import { fileWork } from '../../../src/system/file-work.ts';
import { type CreateWanted, createVolume } from '../../../src/volumes/create-volume.ts';
import { newRecord, type VolumeOptions, type VolumeRecord } from '../../../src/volumes/record.ts';
import { createRecord } from '../../../src/volumes/records.ts';
import { listSigns, putSign, signNames } from '../../../src/volumes/signs.ts';
import { eventually } from '../../eventually.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';

let root: string;
let faulty: FaultyFiles;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'create-'));
  for (const name of ['volumes', 'attachments', 'trash', 'spare'])
    mkdirSync(join(root, '.nfs-shared', name), { recursive: true });
  faulty = new FaultyFiles();
});
afterEach(() => rmSync(root, { recursive: true }));

const host = { id: '11111111-2222-3333-4444-555555555555', name: 'h1' };
const wanted = (options: VolumeOptions = {}, more: Partial<CreateWanted> = {}): CreateWanted => ({
  dir: {
    label: 'disk',
    type: 'local',
    path: root,
    volPath: '',
    args: [],
    onRemove: 'trash',
    trashFor: 60,
    origin: 'static',
  },
  folder: 'db',
  options,
  host,
  now: () => new Date(),
  newId: randomUUID,
  refuseFolder: () => undefined,
  ...more,
});
const create = (options?: VolumeOptions, more?: Partial<CreateWanted>) =>
  createVolume(faulty.over(root), wanted(options, more));
const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await work.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  return error as Failure;
};
/** Everything that a volume, or the making of one, leaves on the share */
const left = () =>
  ['', 'volumes', 'attachments', 'trash'].flatMap(name =>
    readdirSync(name === '' ? root : join(root, '.nfs-shared', name))
      .filter(found => found !== '.nfs-shared')
      .map(found => join(name, found)),
  );
const volume = ['db', 'volumes/db.json', 'attachments/db'];
const signs = () => listSigns(fileWork(root), 'db');
const noSigns = { attached: [], creating: [], removing: [] };
async function halfMade(options: VolumeOptions = {}): Promise<VolumeRecord> {
  const record = newRecord('db', wanted(options), false);
  await createRecord(fileWork(root), record);
  return record;
}

describe('a folder that is there before its record', () => {
  test("and has left before that comes into its place, as another host's volume does, is made", async () => {
    mkdirSync(join(root, 'db'));
    const files = fileWork(root);
    const leaves: typeof files = {
      ...files,
      linkNew: async (from, to) => {
        rmSync(join(root, 'db'), { recursive: true, force: true });
        return await files.linkNew(from, to);
      },
    };
    expect(await createVolume(leaves, wanted())).toMatchObject({ adopted: false });
    expect(existsSync(join(root, 'db'))).toBe(true);
    expect(await signs()).toEqual(noSigns);
  });
});

describe('a new volume', () => {
  test('has the owner and mode that were asked for, else those of the remote dir, else 0755', async () => {
    await create({ uid: 7, mode: '1770' }, { folder: 'a' });
    const dir = { ...wanted().dir, uid: 50, gid: 60 };
    await create({ gid: 8 }, { folder: 'b', dir });
    await create({}, { folder: 'c' });
    const seen = ['a', 'b', 'c'].map(name => statSync(join(root, name)));
    expect(seen.map(({ uid, gid, mode }) => [uid, gid, mode & 0o7777])).toEqual([
      [7, 0, 0o1770],
      [50, 8, 0o755],
      [0, 0, 0o755],
    ]);
  });

  test.each([
    ['the owner', { operation: 'setOwner', errno: 'EPERM' }, /owner 7:0.*operation not permitted/],
    ['the mode', { operation: 'setMode', errno: 'EPERM' }, /mode 0700.*operation not permitted/],
  ] as const)('that cannot have %s it was to have is refused, and nothing is left of it', async (_, fault, words) => {
    faulty.faults = [fault];
    const refused = await failure(create({ uid: 7, mode: '0700' }));
    expect(refused).toMatchObject({ code: 'OwnerRefused', message: expect.stringMatching(words) });
    expect(left()).toEqual([]);
  });

  test.each([
    ['the owner', { uid: 7 }, 'setOwner', /owner 7:0.*made it 0:0/],
    ['the mode', { mode: '0700' }, 'setMode', /mode 0700.*made it 0755/],
  ] as const)('is refused on a server that says yes to %s and does otherwise', async (_, options, operation, words) => {
    const files = { ...fileWork(root), [operation]: async () => {} };
    const refused = await failure(createVolume(files, wanted(options)));
    expect(refused).toMatchObject({ code: 'OwnerRefused', message: expect.stringMatching(words) });
    expect(left()).toEqual([]);
  });

  test.each(['ENOSPC', 'EDQUOT', 'EROFS'])(
    'leaves nothing behind when the share says %s to its folder',
    async errno => {
      faulty.faults = [{ operation: 'makeFolder', path: /^db$/, errno }];
      await expect(create()).rejects.toMatchObject({ code: errno });
      expect(left()).toEqual([]);
    },
  );

  test.each(['ENOSPC', 'EDQUOT'])('leaves nothing behind when the share says %s to its record', async errno => {
    const files = fileWork(root);
    const writeNew = async (path: string) => {
      await files.writeNew(path, '');
      throw Object.assign(new Error(errno), { code: errno });
    };
    await expect(createVolume({ ...files, writeNew }, wanted())).rejects.toMatchObject({ code: errno });
    expect(left()).toEqual([]);
  });

  test('is not undone after a call whose end nobody knows', async () => {
    faulty.faults = [{ operation: 'setMode', errno: 'ETIMEDOUT' }];
    await expect(create()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(left()).toEqual(volume);
    expect(await signs()).toMatchObject({ creating: [expect.anything()], removing: [] });
    faulty.faults = [];
    expect(await create()).toMatchObject({ adopted: false });
    expect(await signs()).toEqual(noSigns);
  });

  test('cannot be made where another remote dir has its volumes, whether that folder is there yet or not', async () => {
    const refuseFolder = () => 'the volumes of remote dir "other" lie in it';
    expect(await failure(create({}, { refuseFolder }))).toMatchObject({
      code: 'InvalidName',
      message: expect.stringMatching(/remote dir "other"/),
    });
    mkdirSync(join(root, 'db'));
    expect(await failure(create({}, { refuseFolder }))).toMatchObject({ code: 'NotAdoptable' });
    expect(left()).toEqual(['db']);
  });
});

describe('a half-made volume', () => {
  test('is finished by the next Create, as it was first asked for', async () => {
    await halfMade({ uid: 9, mode: '0700' });
    expect(await create()).toMatchObject({ adopted: false, options: { uid: 9 } });
    expect(statSync(join(root, 'db'))).toMatchObject({ uid: 9 });
    expect(await signs()).toEqual(noSigns);
  });

  test('that can never be finished as it was asked for is taken back, so that it can be asked for otherwise', async () => {
    await halfMade({ uid: 9 });
    faulty.faults = [{ operation: 'setOwner', errno: 'EPERM' }];
    expect(await failure(create({ uid: 9 }))).toMatchObject({ code: 'OwnerRefused' });
    expect(left()).toEqual([]);
    expect(await create()).toMatchObject({ options: {} });
  });

  test('in whose place data has appeared is taken as it is', async () => {
    await halfMade({ uid: 9 });
    mkdirSync(join(root, 'db'));
    writeFileSync(join(root, 'db', 'x'), 'x');
    expect(await create()).toMatchObject({ adopted: true });
    expect(statSync(join(root, 'db')).uid).toBe(0);
    expect(left()).toEqual(volume);
    expect(await signs()).toEqual(noSigns);
  });

  test('that another host has finished meanwhile, and filled, is that volume and no other', async () => {
    const { id } = await halfMade({ uid: 9 });
    faulty.faults = [{ operation: 'makeFolder', path: /^db$/, hang: true }];
    const second = create();
    await eventually('the second was about to make the folder', () => faulty.hanging === 1);
    await createVolume(fileWork(root), wanted());
    writeFileSync(join(root, 'db', 'x'), 'x');
    faulty.letGo();
    expect(await second).toMatchObject({ id, adopted: false });
    expect(left()).toEqual(volume);
    expect(await signs()).toEqual(noSigns);
  });

  test('that another host has finished is not taken back by one that the server refuses its owner', async () => {
    await halfMade({ uid: 9 });
    faulty.faults = [{ operation: 'setOwner', hang: true, errno: 'EPERM' }];
    const second = create();
    await eventually('the second was about to give it its owner', () => faulty.hanging === 1);
    await createVolume(fileWork(root), wanted());
    faulty.letGo();
    expect(await failure(second)).toMatchObject({ code: 'OwnerRefused' });
    expect(left()).toEqual(volume);
    expect(await signs()).toEqual(noSigns);
  });

  test('that another host finishes while it is about to be taken back stays', async () => {
    await halfMade({ uid: 9 });
    faulty.faults = [
      { operation: 'setOwner', errno: 'EPERM' },
      { operation: 'makeSign', path: /removing/, hang: true },
    ];
    const second = create();
    await eventually('it was about to be taken back', () => faulty.hanging === 1);
    await createVolume(fileWork(root), wanted());
    faulty.letGo();
    expect(await failure(second)).toMatchObject({ code: 'OwnerRefused' });
    expect(left()).toEqual(volume);
    expect(await signs()).toEqual(noSigns);
  });

  test('is not said to be made while another host takes it back', async () => {
    const { id } = await halfMade();
    const sign = signNames.removing(id, randomUUID());
    faulty.faults = [{ operation: 'setMode', hang: true }];
    const making = create();
    await eventually('it was being made', () => faulty.hanging === 1);
    await putSign(fileWork(root), 'db', sign, { host: { ...host, name: 'h2' }, since: 'just now' });
    faulty.letGo();
    expect(await failure(making)).toMatchObject({ code: 'BeingRemoved', fields: { by: 'h2', since: 'just now' } });
  });
});

describe('an existing volume', () => {
  test('is what was asked for when no option or the same ones are given', async () => {
    const first = await create({ mode: '0700', group: 'g' });
    expect(await create()).toEqual(first);
    expect(await create({ mode: '0700' })).toEqual(first);
  });

  test('with other options is refused with every difference', async () => {
    await create({ mode: '0700', capacity: '5G' });
    const refused = await failure(create({ mode: '0750', capacity: '6G', uid: 3 }));
    expect(refused).toMatchObject({ code: 'OptionsDiffer' });
    expect(refused.message).toContain('mode is "0700", asked for "0750"');
    expect(refused.message).toContain('size is "5G", asked for "6G"');
    expect(refused.message).toContain('uid is "not set", asked for "3"');
  });

  test('is made once, however many ask for it at the same moment', async () => {
    const records = await Promise.all(Array.from({ length: 20 }, () => create({ uid: 5 })));
    expect(new Set(records.map(({ id }) => id)).size).toBe(1);
    expect(left()).toEqual(volume);
    expect(await signs()).toEqual(noSigns);
    expect(statSync(join(root, 'db')).uid).toBe(5);
  });
});

describe('a folder that was there before', () => {
  test('becomes a volume with its owner, mode, time and content untouched', async () => {
    mkdirSync(join(root, 'db'), { mode: 0o711 });
    writeFileSync(join(root, 'db', 'x'), 'kept');
    chownSync(join(root, 'db'), 77, 88);
    const before = statSync(join(root, 'db'), { bigint: true });
    expect(await create({ group: 'g' })).toMatchObject({ adopted: true });
    const { uid, gid, mode, mtimeNs, ctimeNs } = statSync(join(root, 'db'), { bigint: true });
    expect({ uid, gid, mode, mtimeNs, ctimeNs }).toEqual({
      uid: before.uid,
      gid: before.gid,
      mode: before.mode,
      mtimeNs: before.mtimeNs,
      ctimeNs: before.ctimeNs,
    });
    expect(readFileSync(join(root, 'db', 'x'), 'utf8')).toBe('kept');
  });

  test.each([{ uid: 1 }, { gid: 1 }, { mode: '0700' }])(
    'is not given another owner or mode: %j is refused',
    async options => {
      mkdirSync(join(root, 'db'));
      const refused = await failure(create(options));
      expect(refused).toMatchObject({
        code: 'NotAdoptable',
        message: expect.stringContaining('owner 0:0 and mode 0755 are not changed'),
      });
      expect(left()).toEqual(['db']);
    },
  );

  test.each([
    ['a file', () => writeFileSync(join(root, 'db'), ''), /no folder but a file/],
    ['a link', () => symlinkSync('/etc', join(root, 'db')), /no folder but a link/],
    ['a root of volumes', () => mkdirSync(join(root, 'db', '.nfs-shared'), { recursive: true }), /volumes of its own/],
  ])('is no volume when it is %s', async (_, make, words) => {
    make();
    expect(await failure(create())).toMatchObject({ code: 'NotAdoptable', message: expect.stringMatching(words) });
    expect(existsSync(join(root, '.nfs-shared/volumes/db.json'))).toBe(false);
  });
});
