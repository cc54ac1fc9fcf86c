import { describe, expect, test } from '@jest/globals';
import { identityIn } from '../../../src/mounts/folder-identity.ts';

describe('what stat prints of a folder', () => {
  test.each([
    ['7 2026-11-28 10:35:02.123456789 +0000', { inode: '7', born: '1795862102123456789' }],
    ['7 2026-11-28 11:35:02.000000001 +0100', { inode: '7', born: '1795862102000000001' }],
    ['18446744073709551615 -', { inode: '18446744073709551615', born: '0' }],
    ['7', { inode: '7', born: '0' }],
  ])('%s', (text, identity) => {
    expect(identityIn(text)).toEqual(identity);
  });
});
