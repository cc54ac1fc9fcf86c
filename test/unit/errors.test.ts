import { expect, test } from '@jest/globals';
import { errnoOf, reasonOf } from '../../src/errors.ts';

// As Node gives them: its table of names ends before what only network file systems say.
const nameless = (errno: number) =>
  Object.assign(new Error(`Unknown system error ${errno}, lstat '/x'`), {
    errno,
    code: `Unknown system error ${errno}`,
  });

test.each([
  [-116, 'ESTALE', /no longer knows this folder/],
  [-512, 'EIO', /input\/output error/],
  [-122, 'EDQUOT', /quota is used up/],
])('error %i, which Node has no name for, is called %s and put into words', (errno, name, words) => {
  expect(errnoOf(nameless(errno))).toBe(name);
  expect(reasonOf(nameless(errno))).toMatch(words);
});

test('an error that nobody here has a name for has none', () => {
  expect(errnoOf(nameless(-4000))).toBeUndefined();
});
