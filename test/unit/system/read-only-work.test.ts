import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fileOperations, fileWork } from '../../../src/system/file-work.ts';
import { readOnlyWork } from '../../../src/system/read-only-work.ts';
import { treeFingerprint } from '../../docker/tree-fingerprint.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
const reading = ['readText', 'inspect', 'list', 'isEmpty', 'space'];

test('files are read and folders listed as ever', async () => {
  mkdirSync(folder('there'));
  writeFileSync(folder('text'), 'words');
  const files = readOnlyWork(fileWork(folder('')));
  expect(await files.readText('text')).toBe('words');
  expect(await files.readText('none')).toBeUndefined();
  expect(await files.list('')).toHaveLength(2);
  expect(await files.isEmpty('there')).toBe(true);
  expect(await files.inspect('there')).toMatchObject({ kind: 'folder' });
  expect((await files.space()).bytes).toBeGreaterThan(0);
});

test.each(fileOperations.filter(operation => !reading.includes(operation)))(
  '%s is refused before anything is asked, as on a disk that is read-only',
  async operation => {
    mkdirSync(folder('there'));
    const before = treeFingerprint(folder(''));
    const files = readOnlyWork(fileWork(folder('')));
    const act = files[operation] as (...values: readonly unknown[]) => Promise<unknown>;
    await expect(act('there', 'x', 'x')).rejects.toMatchObject({ code: 'EROFS' });
    expect(treeFingerprint(folder(''))).toEqual(before);
  },
);
