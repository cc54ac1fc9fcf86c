import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { letOthersPass } from '../../../src/system/let-others-pass.ts';

let folder = '';
const modeNow = () => statSync(folder).mode & 0o7777;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfs-shared-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test.each([
  [0o700, 0o711],
  [0o750, 0o751],
])('a folder of mode %o, made for its owner, lets everybody pass afterwards and shows no more', (before, after) => {
  chmodSync(folder, before);
  letOthersPass(folder);
  expect(modeNow()).toBe(after);
});

test('a folder that everybody can pass stays as it is', () => {
  chmodSync(folder, 0o755);
  letOthersPass(folder);
  expect(modeNow()).toBe(0o755);
});
