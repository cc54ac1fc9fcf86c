import { describe, expect, test } from '@jest/globals';
import { nearest } from '../../../src/remotes/near-miss.ts';
import { passesThrough, sameRootAs } from '../../../src/remotes/overlaps.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';

const dir = (label: string, path: string, more: Partial<RemoteDir> = {}): RemoteDir => ({
  label,
  type: 'nfs4',
  addr: 'h',
  path,
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
  ...more,
});
const { addr: _, ...localDir } = dir('local', '/export/a', { type: 'local' });

describe('a folder is no volume when another remote dir is reached through it', () => {
  const nas = dir('nas', '/export');
  test.each([
    ['another root is the folder itself', dir('b', '/export/a'), true],
    ['another root lies below it', dir('b', '/export/a/deep/er'), true],
    ['another root lies below it by its vol-path', dir('b', '/', { volPath: 'export/a/v' }), true],
    ['another root lies below it by another version of the protocol', dir('b', '/export/a', { type: 'nfs3' }), true],
    ['another root says the usual port', dir('b', '/export/a', { port: 2049 }), true],
    ['only the beginning of the name is the same', dir('b', '/export/ab'), false],
    ['the other root lies above', dir('b', '/'), false],
    ['the other root is the same one', dir('b', '/export'), false],
    ['the other root is on another server', dir('b', '/export/a', { addr: 'h2' }), false],
    ['the other root is on another port of the server', dir('b', '/export/a', { port: 2050 }), false],
    ['the other root is a folder of this host', localDir, false],
    ['the other root is a share of SMB, which has names of its own', dir('b', '/export/a', { type: 'cifs' }), false],
  ])('%s', (_title, other, expected) => {
    expect(passesThrough(nas, 'a', [nas, other])?.label).toBe(expected ? other.label : undefined);
  });

  test('on SMB by whatever spelling of its name', () => {
    const smb = dir('nas', '/Share', { type: 'cifs' });
    expect(passesThrough(smb, 'Docker', [dir('b', '/share/docker/volumes', { type: 'cifs' })])?.label).toBe('b');
    expect(sameRootAs(smb, [dir('b', '/SHARE', { type: 'cifs', port: 445 })])?.label).toBe('b');
  });

  test('on a server that is known by several addresses, of which one is enough', () => {
    const two = dir('b', '/export/a', { addr: 'h2', addrs: ['h2', 'h'] });
    expect(passesThrough(nas, 'a', [two])?.label).toBe('b');
    expect(passesThrough({ ...nas, addr: 'h3', addrs: ['h3', 'h4'] }, 'a', [two])).toBeUndefined();
    expect(sameRootAs(dir('c', '/export/a', { addr: 'h4', addrs: ['h4', 'h2'] }), [two])?.label).toBe('b');
  });

  test('a root at the top of a server has no doubled slash in its way', () => {
    expect(passesThrough(dir('nas', '/'), 'a', [dir('b', '/a/b')])?.label).toBe('b');
  });
});

test('two remote dirs are the same root whatever way it is divided into path and vol-path', () => {
  const a = dir('a', '/export/x');
  expect(sameRootAs(a, [a])).toBeUndefined();
  expect(sameRootAs(a, [a, dir('b', '/export', { volPath: 'x', port: 2049, type: 'nfs3' })])?.label).toBe('b');
  expect(sameRootAs(a, [dir('b', '/export/x/y')])).toBeUndefined();
});

test.each([
  ['adr', 'addr'],
  ['volPath', 'vol-path'],
  ['VOL_PATH', 'vol-path'],
  ['prot', 'port'],
  ['capacity', undefined],
  ['x', undefined],
  ['', undefined],
  ['a'.repeat(100_000), undefined],
])('somebody who writes "%.10s" may have meant %s', (word, meant) => {
  expect(nearest(word, ['addr', 'path', 'vol-path', 'port'])).toBe(meant);
});
