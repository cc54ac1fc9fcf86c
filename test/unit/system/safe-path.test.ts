import { normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinInside } from '../../../src/system/safe-path.ts';

describe('a path below a folder', () => {
  test('is what it looks like', () => {
    expect(joinInside('/base', 'a/b')).toBe('/base/a/b');
    expect(joinInside('/base', '/a//./b/')).toBe('/base/a/b');
    expect(joinInside('/base', '')).toBe('/base');
    expect(joinInside('/', 'a')).toBe('/a');
    expect(joinInside('/base', '..a/b..')).toBe('/base/..a/b..');
  });

  test.each(['..', '../a', 'a/../..', 'a/..', '/..', './..'])('%j is refused', path => {
    expect(() => joinInside('/base', path)).toThrow('".."');
  });

  test('a NUL is refused', () => {
    expect(() => joinInside('/base', 'a\0/../b')).toThrow('NUL');
  });

  test('no text leads out of the folder', () => {
    const pieces = fc.array(fc.constantFrom('..', '.', '/', '\\', 'a', '\0', '%2e', ' '), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, parts => {
        let joined: string;
        try {
          joined = joinInside('/base', parts.join(''));
        } catch {
          return;
        }
        expect(`${normalize(joined)}/`.startsWith('/base/')).toBe(true);
      }),
    );
  });
});
