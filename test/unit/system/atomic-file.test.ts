import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readFileIfThere, replaceFile, setAside } from '../../../src/system/atomic-file.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();

describe('a small file of our own memory', () => {
  test('is written where no folder was, for root alone', () => {
    replaceFile(folder('state/deep/ids.json'), 'new');
    expect(readFileIfThere(folder('state/deep/ids.json'))).toBe('new');
    expect(statSync(folder('state/deep/ids.json')).mode & 0o777).toBe(0o600);
    expect(statSync(folder('state')).mode & 0o777).toBe(0o700);
  });

  test('is replaced whole, and nothing lies beside it', () => {
    replaceFile(folder('ids.json'), 'a long old text');
    replaceFile(folder('ids.json'), 'ü');
    expect(readFileSync(folder('ids.json'), 'utf8')).toBe('ü');
    expect(readdirSync(folder())).toEqual(['ids.json']);
  });

  test('one that was never written is told from one that cannot be read', () => {
    expect(readFileIfThere(folder('missing'))).toBeUndefined();
    expect(() => readFileIfThere(folder())).toThrow('EISDIR');
  });

  test('on a full disk the old text stays, whole, and the rest of the new one goes', () => {
    mkdirSync(folder('tiny'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('tiny')]);
    replaceFile(folder('tiny/ids.json'), 'old');
    expect(() => replaceFile(folder('tiny/ids.json'), 'x'.repeat(100_000))).toThrow('ENOSPC');
    expect(readFileSync(folder('tiny/ids.json'), 'utf8')).toBe('old');
    expect(readdirSync(folder('tiny'))).toEqual(['ids.json']);
  });

  test('when it cannot be put in place nothing of it is left', () => {
    mkdirSync(folder('ids.json/in the way'), { recursive: true });
    expect(() => replaceFile(folder('ids.json'), 'new')).toThrow();
    expect(readdirSync(folder())).toEqual(['ids.json']);
  });

  test('one that cannot be understood is kept under another name', () => {
    writeFileSync(folder('ids.json'), '{broken');
    const aside = setAside(folder('ids.json'), new Date('2026-01-02T03:04:05.678Z'));
    expect(aside).toBe(folder('ids.json.corrupt-2026-01-02T030405.678Z'));
    expect(readFileSync(aside, 'utf8')).toBe('{broken');
    expect(readFileIfThere(folder('ids.json'))).toBeUndefined();
  });
});
