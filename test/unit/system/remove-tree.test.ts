import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { removeTree } from '../../../src/system/remove-tree.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();

function make(...paths: string[]): void {
  for (const path of paths) {
    if (path.endsWith('/')) mkdirSync(folder(path), { recursive: true });
    else {
      mkdirSync(join(folder(path), '..'), { recursive: true });
      writeFileSync(folder(path), path);
    }
  }
}

/** The whole path would be longer than any the kernel takes, so each folder is made from inside the one above it. */
function dig(top: string, levels: number): void {
  let fd = openSync(top, 'r');
  for (let level = 0; level < levels; level += 1) {
    writeFileSync(`/proc/self/fd/${fd}/f`, '');
    mkdirSync(`/proc/self/fd/${fd}/d`);
    const below = openSync(`/proc/self/fd/${fd}/d`, 'r');
    closeSync(fd);
    fd = below;
  }
  closeSync(fd);
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('deleting a folder and all that is in it', () => {
  test('files, folders, hidden ones, pipes and links go, and nothing else does', () => {
    make('trash/vol/a', 'trash/vol/.hidden/b', 'trash/vol/empty/', 'trash/other/keep');
    execFileSync('mkfifo', [folder('trash/vol/pipe')]);
    symlinkSync('nowhere', folder('trash/vol/link'));
    expect(removeTree(folder('trash'), 'vol')).toEqual({ removed: 7, left: [], leftCount: 0 });
    expect(readdirSync(folder('trash'))).toEqual(['other']);
    expect(readdirSync(folder('trash/other'))).toEqual(['keep']);
  });

  test('what is gone already is done, and a single file goes as well', () => {
    make('trash/file');
    expect(removeTree(folder('trash'), 'vol')).toEqual({ removed: 0, left: [], leftCount: 0 });
    expect(removeTree(folder('trash'), 'file')).toEqual({ removed: 1, left: [], leftCount: 0 });
  });

  test('names that are no UTF-8 go too', () => {
    make('trash/vol/');
    execFileSync('sh', [
      '-c',
      'cd "$1" && mkdir "$(printf "d\\377")" && touch "$(printf "d\\377/f\\376")"',
      'sh',
      folder('trash/vol'),
    ]);
    expect(removeTree(folder('trash'), 'vol')).toEqual({ removed: 3, left: [], leftCount: 0 });
    expect(readdirSync(folder('trash'))).toEqual([]);
  });

  test('symbolic links are removed and not followed, at the top as well', () => {
    make('outside/keep', 'trash/vol/');
    symlinkSync(folder('outside'), folder('trash/vol/link'));
    symlinkSync(folder('outside'), folder('trash/top'));
    expect(removeTree(folder('trash'), 'vol').leftCount).toBe(0);
    expect(removeTree(folder('trash'), 'top')).toEqual({ removed: 1, left: [], leftCount: 0 });
    expect(readdirSync(folder('outside'))).toEqual(['keep']);
  });

  test('ten thousand entries in one folder', () => {
    make('trash/vol/');
    for (let n = 0; n < 10_000; n += 1) writeFileSync(folder(`trash/vol/file-${n}`), '');
    expect(removeTree(folder('trash'), 'vol')).toEqual({ removed: 10_001, left: [], leftCount: 0 });
  });

  test('five thousand folders deep, with a handful of open files', () => {
    make('trash/');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', folder('trash')]);
    make('trash/vol/');
    dig(folder('trash/vol'), 5000);
    const before = openFiles();
    let most = 0;
    let steps = 0;
    const watch = () => {
      steps += 1;
      if (steps % 100 === 0) most = Math.max(most, openFiles());
    };
    expect(removeTree(folder('trash'), 'vol', watch)).toEqual({ removed: 10_001, left: [], leftCount: 0 });
    expect(most).toBeLessThan(before + 30);
    expect(openFiles()).toBeLessThan(before + 10);
  });
});

describe('what cannot be deleted', () => {
  test('another file system is left with all that is in it, and the rest goes', () => {
    make('trash/vol/disk/', 'trash/vol/a', 'trash/vol/z/b');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('trash/vol/disk')]);
    writeFileSync(folder('trash/vol/disk/keep'), 'data');
    expect(removeTree(folder('trash'), 'vol')).toEqual({
      removed: 3,
      left: ['vol/disk (EXDEV)', 'vol (ENOTEMPTY)'],
      leftCount: 2,
    });
    expect(readFileSync(folder('trash/vol/disk/keep'), 'utf8')).toBe('data');
  });

  test('a folder of the same disk that is mounted there is left as well', () => {
    make('data/keep', 'trash/vol/bound/');
    execFileSync('mount', ['--bind', folder('data'), folder('trash/vol/bound')]);
    expect(removeTree(folder('trash'), 'vol')).toMatchObject({ left: ['vol/bound (EXDEV)', 'vol (ENOTEMPTY)'] });
    expect(readdirSync(folder('data'))).toEqual(['keep']);
  });

  test('the first few are named, all are counted, and names cannot play tricks on a terminal', () => {
    for (let n = 0; n < 15; n += 1) {
      make(`trash/vol/\u001b[2J${n}/`);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder(`trash/vol/\u001b[2J${n}`)]);
    }
    const result = removeTree(folder('trash'), 'vol');
    expect(result.leftCount).toBe(16);
    expect(result.left).toHaveLength(10);
    expect(result.left.join('')).not.toContain('\u001b');
  });

  test('a parent that is a link or missing is an error, not an empty success', () => {
    make('real/vol/a');
    symlinkSync(folder('real'), folder('linked'));
    expect(() => removeTree(folder('linked'), 'vol')).toThrow('ENOTDIR');
    expect(() => removeTree(folder('missing'), 'vol')).toThrow('ENOENT');
    expect(existsSync(folder('real/vol/a'))).toBe(true);
  });
});

describe('somebody who has the folder mounted while it is deleted', () => {
  test('cannot lead us out by putting a link in the place of a folder', () => {
    make('outside/keep', 'outside/deep/keep', 'trash/vol/first/a', 'trash/vol/second/b', 'trash/vol/third/c');
    const folders = ['first', 'second', 'third'];
    let steps = 0;
    // In the middle of the work: each folder that is still there is taken away, and a link put in its place.
    const swap = () => {
      steps += 1;
      if (steps !== 3) return;
      for (const name of folders.filter(one => existsSync(folder(`trash/vol/${one}`)))) {
        renameSync(folder(`trash/vol/${name}`), folder(`taken-${name}`));
        symlinkSync(folder('outside'), folder(`trash/vol/${name}`));
      }
    };
    removeTree(folder('trash'), 'vol', swap);
    expect(readdirSync(folder()).filter(name => name.startsWith('taken-')).length).toBeGreaterThan(1);
    expect(readdirSync(folder('outside')).sort()).toEqual(['deep', 'keep']);
    expect(readdirSync(folder('outside/deep'))).toEqual(['keep']);
  });

  test('cannot lead us up by moving the folder we are in', () => {
    make('outside/keep', 'outside/vol/keep', 'trash/vol/sub/a', 'trash/vol/sub/b');
    let moved = false;
    const move = () => {
      const left = ['a', 'b'].filter(name => existsSync(folder(`trash/vol/sub/${name}`)));
      if (moved || left.length !== 1) return;
      renameSync(folder('trash/vol/sub'), folder('outside/sub'));
      moved = true;
    };
    const result = removeTree(folder('trash'), 'vol', move);
    expect(moved).toBe(true);
    expect(result.left).toEqual(['vol/sub (moved while it was deleted)']);
    expect(readdirSync(folder('outside')).sort()).toEqual(['keep', 'sub', 'vol']);
    expect(readdirSync(folder('outside/vol'))).toEqual(['keep']);
  });

  test('who calls it off in the middle gets their error, and nothing stays open', () => {
    make('trash/vol/a', 'trash/vol/sub/b');
    const before = openFiles();
    expect(() =>
      removeTree(folder('trash'), 'vol', () => {
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(openFiles()).toBeLessThan(before + 5);
  });
});
