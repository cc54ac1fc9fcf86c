import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { OpenFolders } from '../../../src/system/open-folders.ts';
import { eventually } from '../../eventually.ts';

let base: string;
let folders: OpenFolders;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'open-folders-'));
  mkdirSync(join(base, 'a/b/c'), { recursive: true });
  folders = new OpenFolders(base);
});
afterEach(() => {
  folders.close();
  rmSync(base, { recursive: true });
});

const read = (path: string) => folders.at(path, place => readFile(place, 'utf8'));
const write = (path: string, text: string) => folders.at(path, place => writeFile(place, text));
/** What this process has open below the folder. */
const open = () =>
  readdirSync('/proc/self/fd')
    .map(fd => (existsSync(`/proc/self/fd/${fd}`) ? readlinkSync(`/proc/self/fd/${fd}`) : ''))
    .filter(path => path.startsWith(`${base}/`))
    .map(path => path.slice(base.length + 1))
    .sort();

describe('open folders', () => {
  test('lead to the same files as their paths, and are opened once', async () => {
    await write('top', 'top');
    await write('a/b/c/deep', 'deep');
    await Promise.all(['one', 'two', 'three'].map(name => write(`a/b/${name}`, name)));
    expect(['top', 'a/b/c/deep', 'a/b/two'].map(path => readFileSync(join(base, path), 'utf8'))).toEqual([
      'top',
      'deep',
      'two',
    ]);
    expect(open()).toEqual(['a', 'a/b']);
  });

  test('stay those that were found first, whatever takes their place', async () => {
    await write('a/b/text', 'before');
    renameSync(join(base, 'a'), join(base, 'away'));
    mkdirSync(join(base, 'a/b'), { recursive: true });
    writeFileSync(join(base, 'a/b/text'), 'of another');
    expect(await read('a/b/text')).toBe('before');
    folders.close();
    folders = new OpenFolders(base);
    expect(await read('a/b/text')).toBe('of another');
  });

  test('are no links', async () => {
    symlinkSync('a', join(base, 'link'));
    writeFileSync(join(base, 'a/text'), 'hidden');
    await expect(read('link/text')).rejects.toMatchObject({ code: 'ENOTDIR' });
    symlinkSync('b', join(base, 'a/link'));
    await expect(read('a/link/text')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('may be missing at first, and are found once they are made', async () => {
    await expect(write('new/folder/text', 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(join(base, 'new/folder'), { recursive: true });
    await write('new/folder/text', 'x');
    expect(await read('new/folder/text')).toBe('x');
  });

  test('are closed with the work, but not under what is still being done in them', async () => {
    let finish = () => {};
    const finished = new Promise<void>(resolve => {
      finish = resolve;
    });
    const slow = folders.at('a/b/slow', async place => {
      await finished;
      await writeFile(place, 'done');
    });
    await eventually('the folder is open', () => open().includes('a/b'));
    folders.close();
    await eventually('the folder that nothing is done in is closed', () => !open().includes('a'));
    expect(open()).toEqual(['a/b']);
    finish();
    await slow;
    expect(readFileSync(join(base, 'a/b/slow'), 'utf8')).toBe('done');
    await eventually('the other one is closed', () => open().length === 0);
  });

  test('are closed also when one of them is opened only after the end', async () => {
    const late = write('a/b/late', 'x');
    folders.close();
    await Promise.allSettled([late]);
    await eventually('nothing is open', () => open().length === 0);
  });

  test('lead nowhere once the work is over, and never out of their folder', async () => {
    await expect(read('a/../../x')).rejects.toThrow(/must not contain/);
    folders.close();
    await expect(read('a/b/text')).rejects.toThrow(/nothing further is begun/);
  });
});
