import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type FileWork, fileWork } from '../../../src/system/file-work.ts';
import { isThere, withFreshNames } from '../../../src/system/fresh-names.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
/** What the kernel remembers as missing, although it has been made. */
let forgotten: Set<string>;
let calls: string[];

const gone = (path: string) => [...forgotten].some(each => path === each || path.startsWith(`${each}/`));
const missing = (path: string) => Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });

/** The client of the kernel: from memory first, and from the server once somebody has asked in the way that reaches it. */
function remembering(): FileWork {
  const real = fileWork(folder());
  const answer =
    <A extends unknown[], T>(name: string, act: (...args: A) => Promise<T>, ...places: ((...args: A) => string)[]) =>
    async (...args: A): Promise<T> => {
      calls.push(name);
      const paths = places.map(place => place(...args));
      const stale = paths.find(gone);
      // The second time it has been asked for in between.
      if (stale === undefined) return await act(...args);
      forgotten.clear();
      if (name === 'readText' || name === 'inspect') return undefined as T;
      throw missing(stale);
    };
  const path = (first: string) => first;
  return {
    ...real,
    readText: answer('readText', real.readText, path),
    inspect: answer('inspect', real.inspect, path),
    list: answer('list', real.list, path),
    makeSign: answer('makeSign', real.makeSign, path),
    rename: answer('rename', real.rename, path),
  };
}

const fresh = (isSmb = true) => withFreshNames(remembering(), folder(), () => Promise.resolve(isSmb));
beforeEach(() => {
  forgotten = new Set();
  calls = [];
  mkdirSync(folder('a/b'), { recursive: true });
  writeFileSync(folder('a/b/text'), 'here');
});

describe('on SMB', () => {
  test('what the kernel wrongly remembers as missing is found', async () => {
    forgotten.add('a/b/text');
    expect(await fresh().readText('a/b/text')).toBe('here');
    forgotten.add('a');
    expect((await fresh().list('a/b')).map(({ name }) => name)).toEqual(['text']);
    forgotten.add('a/b');
    expect(await fresh().inspect('a/b')).toMatchObject({ kind: 'folder' });
    forgotten.add('a/b');
    await fresh().makeSign('a/b/sign', '');
    forgotten.add('a/b/sign');
    await fresh().rename('a/b/sign', 'a/moved');
    expect(readdirSync(folder('a')).sort()).toEqual(['b', 'moved']);
  });

  test('what is really missing is, after one look', async () => {
    expect(await fresh().readText('a/no')).toBeUndefined();
    expect(await fresh().inspect('no/where')).toBeUndefined();
    await expect(fresh().list('a/no')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fresh().rename('a/no', 'a/yes')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(calls).toEqual(['readText', 'inspect', 'list', 'rename']);
  });

  test('what is there is asked for once, and what went well is not done again', async () => {
    await fresh().readText('a/b/text');
    await fresh().makeSign('a/sign', '');
    await fresh().rename('a/sign', 'a/b/sign');
    expect(calls).toEqual(['readText', 'makeSign', 'rename']);
  });

  test('a file that another call has open is replaced a moment later', async () => {
    const real = fileWork(folder());
    let tries = 0;
    const busy: FileWork = {
      ...real,
      replaceText: async (path, text) => {
        tries += 1;
        if (tries < 3) throw Object.assign(new Error('open'), { code: 'EACCES' });
        await real.replaceText(path, text);
      },
    };
    await withFreshNames(busy, folder(), () => Promise.resolve(true)).replaceText('a/b/text', 'new');
    expect([tries, readFileSync(folder('a/b/text'), 'utf8')]).toEqual([3, 'new']);
    const denied: FileWork = {
      ...real,
      replaceText: () => Promise.reject(Object.assign(new Error(), { code: 'EACCES' })),
    };
    const refused = withFreshNames(denied, folder(), () => Promise.resolve(true)).replaceText('a', 'x');
    await expect(refused).rejects.toMatchObject({ code: 'EACCES' });
  });
});

test('elsewhere the kernel is believed at once', async () => {
  forgotten.add('a/b/text');
  expect(await fresh(false).readText('a/b/text')).toBeUndefined();
  expect(calls).toEqual(['readText']);
});

test('to ask whether something is there takes nothing away, whatever it is', async () => {
  symlinkSync('../empty', folder('a/link'));
  symlinkSync('nowhere', folder('a/dangling'));
  mkdirSync(folder('empty'));
  for (const path of ['a', 'a/b', 'a/b/text', 'a/link', 'a/dangling', 'empty', ''])
    expect(await isThere(folder(), path)).toBe(true);
  for (const path of ['no', 'a/no', 'no/where']) expect(await isThere(folder(), path)).toBe(false);
  expect(readdirSync(folder(), { recursive: true }).sort()).toEqual([
    'a',
    'a/b',
    'a/b/text',
    'a/dangling',
    'a/link',
    'empty',
  ]);
});
