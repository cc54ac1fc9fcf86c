import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkFolders, establish, proveWritable, recognise } from '../../../src/remotes/share-format.ts';
import { type FileWork, fileWork } from '../../../src/system/file-work.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';

let root: string;
let files: FileWork;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'format-'));
  files = fileWork(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const write = (text: string) => {
  mkdirSync(join(root, '.nfs-shared'), { recursive: true });
  writeFileSync(join(root, '.nfs-shared/format.json'), text);
};
const id = '01234567-89ab-cdef-0123-456789abcdef';

describe('what a folder is', () => {
  test('is told by its format file, else by whether it is there', async () => {
    expect(await recognise(files)).toEqual({ what: 'nothing' });
    write(JSON.stringify({ version: 1, id, later: 'ignored' }));
    expect(await recognise(files)).toEqual({ what: 'share', id });
    rmSync(root, { recursive: true });
    expect(await recognise(files)).toEqual({ what: 'no-root' });
    writeFileSync(root, '');
    await expect(recognise(files)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test.each([2, 3, 1.5, 1e9])('is of a newer format when its version is %d', async version => {
    write(JSON.stringify({ version, id }));
    expect(await recognise(files)).toEqual({ what: 'newer', version: String(version) });
  });

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"version":0}',
    '{"version":-1}',
    '{"version":"2"}',
    '{"version":1}',
    '{"version":1,"id":"short"}',
    '{"version":1,"id":"../../../../../../../../../../etc/passwd"}',
  ])('cannot be told from %j', async text => {
    write(text);
    expect(await recognise(files)).toMatchObject({ what: 'damaged', file: '.nfs-shared/format.json' });
  });
});

describe('a new root', () => {
  test('gets one id, however many hosts make it at the same moment', async () => {
    const found = await Promise.all(Array.from({ length: 20 }, () => establish(files)));
    expect(new Set(found.map(each => JSON.stringify(each))).size).toBe(1);
    expect(found[0]).toMatchObject({ what: 'share' });
    expect(readdirSync(join(root, '.nfs-shared')).sort()).toEqual([
      'attachments',
      'format.json',
      'hosts',
      // Made while there is room: what lets a volume be removed from a full disk.
      'spare',
      'spare-2',
      'spare-3',
      'spare-4',
      'trash',
      'volumes',
    ]);
  });

  test('that was half made is completed', async () => {
    mkdirSync(join(root, '.nfs-shared/volumes'), { recursive: true });
    const found = await establish(files);
    expect(await recognise(files)).toEqual(found);
  });

  test('that exists keeps its id', async () => {
    write(JSON.stringify({ version: 1, id }));
    expect(await establish(files)).toEqual({ what: 'share', id });
    expect(readFileSync(join(root, '.nfs-shared/format.json'), 'utf8')).toContain(id);
  });

  test('has a missing folder of ours made again, and a file in its place reported', async () => {
    await establish(files);
    rmSync(join(root, '.nfs-shared/trash'), { recursive: true });
    expect(await checkFolders(files)).toBeUndefined();
    expect(readdirSync(join(root, '.nfs-shared/trash'))).toEqual([]);
    rmSync(join(root, '.nfs-shared/trash'), { recursive: true });
    writeFileSync(join(root, '.nfs-shared/trash'), '');
    expect(await checkFolders(files)).toMatchObject({ what: 'damaged', file: '.nfs-shared/trash' });
  });
});

describe('the proof that we can work there', () => {
  const litter = () => readdirSync(join(root, '.nfs-shared')).filter(name => name.startsWith('proof'));

  test('leaves nothing behind', async () => {
    await establish(files);
    await proveWritable(files, { uid: 5, gid: 6 });
    expect(litter()).toEqual([]);
  });

  test.each(['makeFolder', 'replaceText', 'setOwner'] as const)(
    'fails when %s is refused, with that reason, and leaves nothing behind',
    async operation => {
      await establish(files);
      const faulty = new FaultyFiles();
      faulty.faults = [{ operation, errno: 'EACCES', path: /proof/ }];
      const work = proveWritable(faulty.over(root), { uid: 5, gid: 6 });
      await expect(work).rejects.toMatchObject({ code: 'EACCES' });
      expect(litter()).toEqual([]);
    },
  );
});
