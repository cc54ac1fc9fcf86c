import {
  chownSync,
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
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type FileWork, fileOperations, fileWork } from '../../src/system/file-work.ts';
import { type FileWorker, startFileWorker } from '../../src/system/file-worker.ts';
import { nameFirst } from '../../src/system/first-name.ts';
import { withFreshNames } from '../../src/system/fresh-names.ts';
import { OpenFolders } from '../../src/system/open-folders.ts';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';
import { FaultyFiles } from '../fakes/faulty-files.ts';

// Every way our file work is done, and the stand-in the tests put faults into, must give the same answers.
let built: BuiltPlugin;
let worker: FileWorker | undefined;
let folders: OpenFolders | undefined;
beforeAll(() => {
  built = buildPlugin();
}, 90_000);
afterAll(() => built.remove());

const ways: readonly [string, (base: string) => FileWork][] = [
  ['in this process', fileWork],
  [
    'by way of open folders',
    base => {
      folders = new OpenFolders('/');
      return below(fileWork('/', folders), base);
    },
  ],
  ['with a layer for faults', base => new FaultyFiles().over(base)],
  ['as on SMB', base => withFreshNames(fileWork(base), base, async () => true)],
  ['without hard links', base => withoutLinks(fileWork(base))],
  [
    'in a child of another uid',
    base => {
      chownSync(base, 12345, 12345);
      worker = startFileWorker([...built.command, 'file-worker'], base, { uid: 12345, gid: 12345 });
      return worker.files;
    },
  ],
];

/** The same work, with every path longer by the way to a folder. */
function below(files: FileWork, folder: string): FileWork {
  const longer = (arg: unknown) => (typeof arg === 'string' ? `${folder}/${arg}` : arg);
  const names = ['createText', 'replaceText', 'writeNew', 'makeSign'];
  const act = (name: keyof FileWork) => files[name] as (...args: readonly unknown[]) => Promise<unknown>;
  const moved = (name: keyof FileWork, args: readonly unknown[]) =>
    names.includes(name) ? act(name)(longer(args[0]), ...args.slice(1)) : act(name)(...args.map(longer));
  return Object.fromEntries(
    fileOperations.map(name => [name, (...args: readonly unknown[]) => moved(name, args)]),
  ) as unknown as FileWork;
}

/** As a server without them is worked on. */
function withoutLinks(files: FileWork): FileWork {
  return {
    ...files,
    createText: (path, text) => nameFirst(files, path, text),
    linkNew: async (from, to) => {
      const text = await files.readText(from);
      if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return await nameFirst(files, to, text);
    },
  };
}

describe.each(ways)('file work %s', (_, make) => {
  let base: string;
  let files: FileWork;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'file-work-'));
    files = make(base);
  });
  afterEach(() => {
    worker?.stop();
    worker = undefined;
    folders?.close();
    rmSync(base, { recursive: true });
  });
  const failsWith = async (work: Promise<unknown>, code: string) => await expect(work).rejects.toMatchObject({ code });

  test('a text that is written is read back whole, and leaves nothing beside it', async () => {
    await files.replaceText('a.json', 'one');
    await files.replaceText('a.json', 'two ✓');
    expect(await files.readText('a.json')).toBe('two ✓');
    expect(readdirSync(base)).toEqual(['a.json']);
  });

  test('what is not there is undefined to read and to look at, and no error to remove', async () => {
    expect(await files.readText('no/where')).toBeUndefined();
    expect(await files.inspect('nowhere')).toBeUndefined();
    await files.removeFile('nowhere');
    await files.removeEmptyFolder('nowhere');
    await failsWith(files.list('nowhere'), 'ENOENT');
  });

  test('of many that make the same file one is told so, and its text stands', async () => {
    const made = await Promise.all([...'abcdefgh'].map(text => files.createText('one.json', text)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await files.readText('one.json')).toBe('abcdefgh'[made.indexOf(true)]);
    expect(readdirSync(base)).toEqual(['one.json']);
  });

  test('a new file is written once, and one that is there is not touched', async () => {
    await files.writeNew('new.json', 'one ✓');
    await failsWith(files.writeNew('new.json', 'two'), 'EEXIST');
    await failsWith(files.writeNew('no/where', 'x'), 'ENOENT');
    expect(await files.readText('new.json')).toBe('one ✓');
    symlinkSync('elsewhere', join(base, 'link'));
    await failsWith(files.writeNew('link', 'x'), 'EEXIST');
    expect(readdirSync(base).sort()).toEqual(['link', 'new.json']);
  });

  test('of many that give different files one new name, one is told so, and its text stands', async () => {
    const letters = [...'abcdefgh'];
    for (const letter of letters) await files.writeNew(letter, letter);
    const made = await Promise.all(letters.map(letter => files.linkNew(letter, 'one')));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await files.readText('one')).toBe(letters[made.indexOf(true)]);
    await failsWith(files.linkNew('gone', 'two'), 'ENOENT');
    for (const letter of letters) await files.removeFile(letter);
    expect(readdirSync(base)).toEqual(['one']);
  });

  test('a sign can be put twice, and never through a link', async () => {
    await files.makeSign('sign', 'since noon');
    await files.makeSign('sign', 'since noon');
    expect(await files.readText('sign')).toBe('since noon');
    await failsWith(files.makeSign('no/where', ''), 'ENOENT');
    writeFileSync(join(base, 'real'), 'mine');
    symlinkSync('real', join(base, 'link'));
    await failsWith(files.makeSign('link', 'yours'), 'ELOOP');
    expect(readFileSync(join(base, 'real'), 'utf8')).toBe('mine');
  });

  test('a folder is made once, with its mode, and known as empty or not', async () => {
    expect(await files.makeFolder('f', 0o750)).toBe(true);
    expect(await files.makeFolder('f', 0o777)).toBe(false);
    await files.setMode('f', 0o2751);
    expect(await files.inspect('f')).toMatchObject({ kind: 'folder', mode: 0o2751 });
    expect(await files.isEmpty('f')).toBe(true);
    await files.replaceText('f/x', '');
    expect(await files.isEmpty('f')).toBe(false);
    await failsWith(files.removeEmptyFolder('f'), 'ENOTEMPTY');
  });

  test('a link is shown as one and never followed', async () => {
    mkdirSync(join(base, 'real'));
    writeFileSync(join(base, 'real', 'text'), 'secret');
    symlinkSync('real', join(base, 'link'));
    symlinkSync('real/text', join(base, 'text'));
    const before = statSync(join(base, 'real')).mode;
    expect(await files.inspect('link')).toMatchObject({ kind: 'link' });
    await failsWith(files.readText('text'), 'ELOOP');
    await failsWith(files.setMode('link', 0o777), 'ENOTDIR');
    await failsWith(files.setOwner('link', 1, 1), 'ENOTDIR');
    expect(statSync(join(base, 'real')).mode).toBe(before);
    await files.replaceText('text', 'mine');
    expect(readFileSync(join(base, 'real', 'text'), 'utf8')).toBe('secret');
  });

  test('a listing says what each thing is', async () => {
    mkdirSync(join(base, 'folder'));
    writeFileSync(join(base, 'file'), '');
    symlinkSync('file', join(base, 'link'));
    const kinds = Object.fromEntries((await files.list('')).map(({ name, kind }) => [name, kind]));
    expect(kinds).toEqual({ folder: 'folder', file: 'file', link: 'link' });
  });

  test('a rename takes the folder with all that is in it', async () => {
    await files.makeFolder('from', 0o755);
    await files.replaceText('from/x', 'kept');
    await files.makeFolder('to', 0o755);
    await files.rename('from', 'to/there');
    expect(await files.readText('to/there/x')).toBe('kept');
    expect(await files.inspect('from')).toBeUndefined();
  });

  test('no path leaves the folder', async () => {
    for (const path of ['../x', 'a/../../x', 'a\0b']) {
      await expect(files.readText(path)).rejects.toThrow(/must not contain/);
      await expect(files.makeFolder(path, 0o755)).rejects.toThrow(/must not contain/);
    }
    await files.replaceText('/etc-like', 'inside');
    expect(readFileSync(join(base, 'etc-like'), 'utf8')).toBe('inside');
  });

  test('a text too large to be ours is refused', async () => {
    writeFileSync(join(base, 'big'), 'x'.repeat(300 * 1024));
    await failsWith(files.readText('big'), 'EFBIG');
  });

  test('the space of the share is told', async () => {
    const { bytes, free } = await files.space();
    expect(bytes).toBeGreaterThan(0);
    expect(free).toBeLessThanOrEqual(bytes);
  });
});

describe('the layer for faults', () => {
  let base: string;
  let faulty: FaultyFiles;
  let files: FileWork;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'faulty-'));
    faulty = new FaultyFiles();
    files = faulty.over(base);
  });
  afterEach(() => rmSync(base, { recursive: true }));

  test('has every operation of the real one', () => {
    expect(Object.keys(files).sort()).toEqual([...fileOperations].sort());
  });

  test('fails the one operation it was told to, and no other', async () => {
    faulty.faults = [{ operation: 'readText', path: /x/, nth: 2, errno: 'EIO' }];
    await files.readText('x');
    await files.readText('y');
    await expect(files.readText('x')).rejects.toMatchObject({ code: 'EIO' });
    await files.readText('x');
  });

  test('an operation that hangs is done when it is let go', async () => {
    faulty.faults = [{ operation: 'makeFolder', hang: true }];
    const making = files.makeFolder('late', 0o755);
    expect(faulty.hanging).toBe(1);
    expect(readdirSync(base)).toEqual([]);
    faulty.letGo();
    expect(await making).toBe(true);
    expect(readdirSync(base)).toEqual(['late']);
  });

  test('nothing is done by a process that has died', async () => {
    faulty.death = { at: 2, done: true };
    await files.makeFolder('a', 0o755);
    await expect(files.makeFolder('b', 0o755)).rejects.toThrow('the process died here');
    await expect(files.makeFolder('c', 0o755)).rejects.toThrow('the process died here');
    expect(readdirSync(base)).toEqual(['a', 'b']);
  });
});
