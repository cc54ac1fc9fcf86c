import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { type FileWork, fileWork } from '../../../src/system/file-work.ts';
import { nameFirst } from '../../../src/system/first-name.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const textOf = (path: string) => readFileSync(folder(path), 'utf8');
class Died extends Error {}

/** A host that dies in the middle: before or after its nth step, and does nothing any more. */
function dying(step: number, isDone: boolean): FileWork {
  let count = 0;
  return new Proxy(fileWork(folder()), {
    get: (files, operation: keyof FileWork) => {
      const act = files[operation] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        count += 1;
        if (count > step) throw new Died();
        if (count === step && !isDone) throw new Died();
        const result = await act(...args);
        if (count === step) throw new Died();
        return result;
      };
    },
  });
}

describe('one new name for one of many texts, without hard links', () => {
  test('of hosts that try at once one is told that it was the first, and nothing is left beside it', async () => {
    for (let round = 0; round < 6; round += 1) {
      mkdirSync(folder('d'));
      const texts = [...'abcdefgh'];
      const made = await Promise.all(texts.map(text => nameFirst(fileWork(folder()), 'd/one', text)));
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(textOf('d/one')).toBe(texts[made.indexOf(true)]);
      expect(readdirSync(folder('d'))).toEqual(['one']);
      rmSync(folder('d'), { recursive: true });
    }
  });

  test('a name that is taken is left alone', async () => {
    writeFileSync(folder('one'), 'theirs');
    expect(await nameFirst(fileWork(folder()), 'one', 'ours')).toBe(false);
    expect(textOf('one')).toBe('theirs');
    expect(readdirSync(folder())).toEqual(['one']);
  });

  test.each(Array.from({ length: 14 }, (_, step) => [step + 1]))(
    'a host that dies at step %i keeps nobody from it, and no half text is seen',
    async step => {
      for (const isDone of [false, true]) {
        mkdirSync(folder('d'));
        const first = await nameFirst(dying(step, isDone), 'd/one', 'first').catch((error: unknown) => error);
        const second = await nameFirst(fileWork(folder()), 'd/one', 'second');
        const text = textOf('d/one');
        expect(text).toBe(second ? 'second' : 'first');
        if (first === true) expect(second).toBe(false);
        expect(first === true || first instanceof Died).toBe(true);
        // The name that all want for a moment may be left, and then keeps nobody from the next one either.
        rmSync(folder('d/one'));
        const third = await nameFirst(fileWork(folder()), 'd/one', 'third');
        expect(textOf('d/one')).toBe(third ? 'third' : 'first');
        rmSync(folder('d'), { recursive: true });
      }
    },
  );

  test('a folder that is not there, and one that denies all, are errors', async () => {
    await expect(nameFirst(fileWork(folder()), 'no/one', 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    const denied = {
      ...fileWork(folder()),
      rename: () => Promise.reject(Object.assign(new Error(), { code: 'EACCES' })),
    };
    await expect(nameFirst(denied, 'one', 'x')).rejects.toMatchObject({ code: 'EACCES' });
    expect(readdirSync(folder())).toEqual([]);
  });

  test('a call that is carried out late, after all is over, does nothing', async () => {
    const late: (() => Promise<unknown>)[] = [];
    const real = fileWork(folder());
    const files: FileWork = {
      ...real,
      rename: async (from, to) => {
        late.push(() => real.rename(from, to));
        await real.rename(from, to);
      },
    };
    expect(await nameFirst(files, 'one', 'first')).toBe(true);
    rmSync(folder('one'));
    expect(await nameFirst(real, 'one', 'second')).toBe(true);
    for (const call of late) await expect(call()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(textOf('one')).toBe('second');
  });
});
