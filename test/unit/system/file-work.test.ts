import { execFileSync } from 'node:child_process';
import {
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type FileWork, fileOperations, fileWork, untilLate } from '../../../src/system/file-work.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
let files: FileWork;

beforeEach(() => {
  mkdirSync(folder('base'));
  mkdirSync(folder('outside'));
  writeFileSync(folder('outside/file'), 'not ours');
  files = fileWork(folder('base'));
});

const here = (path: string) => folder(`base/${path}`);
const names = () => readdirSync(folder('base')).sort();

describe('texts on a share', () => {
  test('a text is read as it was written, and none where there is no file', async () => {
    await files.replaceText('record.json', 'ü\n');
    expect(await files.readText('record.json')).toBe('ü\n');
    expect(await files.readText('missing')).toBeUndefined();
    expect(await files.readText('missing/missing')).toBeUndefined();
    expect(names()).toEqual(['record.json']);
  });

  test('letters that lie across two reads stay whole', async () => {
    const text = `x${'ü'.repeat(5000)}`;
    await files.replaceText('record.json', text);
    expect(await files.readText('record.json')).toBe(text);
  });

  test('a file far larger than any of ours is not taken into memory', async () => {
    execFileSync('truncate', ['-s', '1T', here('huge')]);
    await expect(files.readText('huge')).rejects.toMatchObject({ code: 'EFBIG' });
  });

  test('a folder or a pipe under the name of a text holds nobody up', async () => {
    mkdirSync(here('folder'));
    await expect(files.readText('folder')).rejects.toMatchObject({ code: 'EISDIR' });
    execFileSync('mkfifo', [here('pipe')]);
    expect(await files.readText('pipe')).toBe('');
  });

  test('a text that cannot be replaced is the old one, and no half of the new one lies beside it', async () => {
    mkdirSync(here('in the way/full'), { recursive: true });
    await expect(files.replaceText('in the way', 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(files.replaceText('missing/record.json', 'new')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(names()).toEqual(['in the way']);
  });

  test('on a full share nothing half-written is left, and the old text is whole', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('base')]);
    await files.replaceText('record.json', 'old');
    await expect(files.replaceText('record.json', 'x'.repeat(200_000))).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(files.createText('other.json', 'x'.repeat(200_000))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await files.readText('record.json')).toBe('old');
    expect(names()).toEqual(['record.json']);
  });

  test('of twenty who create the same text at once one is told so, and the text is theirs', async () => {
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, n) => fileWork(folder('base')).createText('lock', `by ${n}`)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await files.readText('lock')).toBe(`by ${won.indexOf(true)}`);
    expect(names()).toEqual(['lock']);
  });

  test('creating a text does not replace what is there, not even a link to nowhere', async () => {
    symlinkSync(folder('outside/new'), here('lock'));
    expect(await files.createText('lock', 'mine')).toBe(false);
    expect(names()).toEqual(['lock']);
    expect(readdirSync(folder('outside'))).toEqual(['file']);
  });

  test('the longest name a share takes for a volume is no problem', async () => {
    const name = `${'n'.repeat(128)}.json`;
    await files.replaceText(name, 'text');
    expect(await files.readText(name)).toBe('text');
  });
});

describe('folders on a share', () => {
  test('a folder is made once, with its mode and owner', async () => {
    expect(await files.makeFolder('pgdata', 0o700)).toBe(true);
    expect(await files.makeFolder('pgdata', 0o755)).toBe(false);
    await files.setOwner('pgdata', 999, 998);
    await files.setMode('pgdata', 0o2750);
    expect(await files.inspect('pgdata')).toMatchObject({ kind: 'folder', uid: 999, gid: 998, mode: 0o2750 });
  });

  test('what a folder holds is listed with its kinds', async () => {
    mkdirSync(here('folder'));
    writeFileSync(here('.file'), '');
    symlinkSync('nowhere', here('link'));
    execFileSync('mkfifo', [here('pipe')]);
    expect((await files.list('')).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: '.file', kind: 'file' },
      { name: 'folder', kind: 'folder' },
      { name: 'link', kind: 'link' },
      { name: 'pipe', kind: 'other' },
    ]);
    await expect(files.list('missing')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(files.list('.file')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('an empty folder is told from one that holds something hidden', async () => {
    mkdirSync(here('folder'));
    expect(await files.isEmpty('folder')).toBe(true);
    writeFileSync(here('folder/.x'), '');
    expect(await files.isEmpty('folder')).toBe(false);
    await expect(files.isEmpty('missing')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('listing and asking again and again leaves no file open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let n = 0; n < 300; n += 1) {
      await files.list('');
      await files.isEmpty('');
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 50);
  });

  test('what is renamed is at its new place, and what is not there cannot be', async () => {
    await files.replaceText('a', 'text');
    mkdirSync(here('sub'));
    await files.rename('a', 'sub/b');
    expect(await files.readText('sub/b')).toBe('text');
    await expect(files.rename('a', 'c')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('removing what is gone already is no error, and a full folder is not removed', async () => {
    await files.replaceText('file', 'text');
    await files.removeFile('file');
    await files.removeFile('file');
    mkdirSync(here('full/part'), { recursive: true });
    await expect(files.removeEmptyFolder('full')).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await files.removeEmptyFolder('full/part');
    await files.removeEmptyFolder('full');
    await files.removeEmptyFolder('full');
    expect(names()).toEqual([]);
  });

  test('the space is that of the file system', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder('base')]);
    writeFileSync(here('data'), Buffer.alloc(256 * 1024));
    expect(await files.space()).toEqual({ bytes: 1024 * 1024, free: 768 * 1024 });
  });
});

describe('looking at a file', () => {
  test('nothing is found where nothing is', async () => {
    expect(await files.inspect('missing')).toBeUndefined();
    expect(await files.inspect('')).toMatchObject({ kind: 'folder' });
  });

  test('its number is told to the last digit, also one of 64 bits', async () => {
    // An overlay of two file systems marks the numbers of the lower one in the highest bit, as large servers do.
    for (const name of ['lower', 'upper', 'merged']) mkdirSync(folder(name));
    for (const name of ['lower', 'upper']) execFileSync('mount', ['-n', '-t', 'tmpfs', 'tmpfs', folder(name)]);
    for (const name of ['upper/files', 'upper/work']) mkdirSync(folder(name));
    writeFileSync(folder('lower/file'), '');
    const layers = `lowerdir=${folder('lower')},upperdir=${folder('upper/files')},workdir=${folder('upper/work')}`;
    execFileSync('mount', ['-n', '-t', 'overlay', '-o', `xino=on,${layers}`, 'overlay', folder('merged')]);
    const wanted = execFileSync('stat', ['-c', '%i', folder('merged/file')], { encoding: 'utf8' }).trim();
    expect(BigInt(wanted)).toBeGreaterThan(2n ** 60n);
    expect((await fileWork(folder('merged')).inspect('file'))?.inode).toBe(wanted);
  });

  test('a time no calendar has does not make it unreadable', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('base')]);
    mkdirSync(here('pgdata'));
    for (const time of ['@99999999999999', '@-99999999999999', '@0.5']) {
      execFileSync('touch', ['-d', time, here('pgdata')]);
      expect(await files.inspect('pgdata')).toMatchObject({ kind: 'folder', modified: expect.stringMatching(/Z$/) });
    }
    expect((await files.inspect('pgdata'))?.modified).toBe('1970-01-01T00:00:00.500Z');
  });
});

describe('a symbolic link that somebody put on the share', () => {
  beforeEach(() => {
    symlinkSync(folder('outside'), here('folder'));
    symlinkSync(folder('outside/file'), here('file'));
  });

  test('is seen as a link and never followed', async () => {
    expect(await files.inspect('file')).toMatchObject({ kind: 'link' });
    await expect(files.readText('file')).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(files.setOwner('folder', 1, 1)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(files.setMode('folder', 0o777)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(files.list('folder')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(files.isEmpty('folder')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(files.removeEmptyFolder('folder')).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(await files.makeFolder('folder', 0o755)).toBe(false);
    expect(statSync(folder('outside'))).toMatchObject({ uid: 0, gid: 0 });
  });

  test('is replaced or removed itself, and what it points to stays', async () => {
    await files.replaceText('file', 'ours');
    await files.removeFile('folder');
    expect(readFileSync(folder('outside/file'), 'utf8')).toBe('not ours');
    expect(await files.readText('file')).toBe('ours');
    expect(names()).toEqual(['file']);
  });
});

describe('paths that lead out', () => {
  const calls: [string, (work: FileWork) => Promise<unknown>][] = [
    ['readText', work => work.readText('../outside/file')],
    ['replaceText', work => work.replaceText('../x', '')],
    ['createText', work => work.createText('../x', '')],
    ['writeNew', work => work.writeNew('../x', '')],
    ['linkNew', work => work.linkNew('a', '../x')],
    ['linkNew from', work => work.linkNew('../outside/file', 'x')],
    ['makeSign', work => work.makeSign('../x', '')],
    ['makeFolder', work => work.makeFolder('../x', 0o755)],
    ['inspect', work => work.inspect('..')],
    ['setOwner', work => work.setOwner('..', 1, 1)],
    ['setMode', work => work.setMode('..', 0o777)],
    ['list', work => work.list('..')],
    ['isEmpty', work => work.isEmpty('..')],
    ['rename', work => work.rename('a', '../x')],
    ['rename from', work => work.rename('../outside/file', 'x')],
    ['removeFile', work => work.removeFile('../outside/file')],
    ['removeEmptyFolder', work => work.removeEmptyFolder('../outside')],
  ];

  test.each(calls)('%s refuses them, as a failed promise', async (_, call) => {
    await expect(call(files)).rejects.toThrow('".."');
    expect(readdirSync(folder()).sort()).toEqual(['base', 'outside']);
  });

  test('every operation that takes a path is among these', () => {
    const tried = new Set(calls.map(([name]) => name.split(' ')[0]));
    expect(fileOperations.filter(operation => !tried.has(operation))).toEqual(['space']);
  });
});

describe('work whose caller was told that it took too long', () => {
  test('goes on with nothing new, and what was begun may end', async () => {
    let late = false;
    const guarded = untilLate(files, () => late);
    await guarded.replaceText('a', 'in time');
    const begun = guarded.readText('a');
    late = true;
    await expect(begun).resolves.toBe('in time');
    await expect((async () => await guarded.replaceText('a', 'late'))()).rejects.toThrow('nothing further is begun');
    expect(await files.readText('a')).toBe('in time');
  });
});

test("a hard link to somebody else's file is not written through", async () => {
  linkSync(folder('outside/file'), here('record.json'));
  chownSync(here('record.json'), 7, 7);
  await files.replaceText('record.json', 'ours');
  expect(readFileSync(folder('outside/file'), 'utf8')).toBe('not ours');
});
