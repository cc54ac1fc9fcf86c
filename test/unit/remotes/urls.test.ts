import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readUrls } from '../../../src/remotes/urls.ts';

describe('remote dirs in one line', () => {
  test.each([
    ['nfs://10.0.0.5/export?vers=4.2:nas', { type: 'nfs', addr: '10.0.0.5', path: '/export', args: ['vers=4.2'] }],
    [
      'nfs://host/path?uid=0&gid=0&proto=tcp:nas',
      { type: 'nfs', addr: 'host', path: '/path', uid: 0, gid: 0, args: ['proto=tcp'] },
    ],
    ['nfs3://host:2050/p:nas', { type: 'nfs3', addr: 'host', port: 2050, path: '/p' }],
    ['nfs4://[fd00::5]:2049/p:nas', { type: 'nfs4', addr: '[fd00::5]', port: 2049, path: '/p' }],
    ['nfs://[fd00::5]/p:nas', { type: 'nfs', addr: '[fd00::5]', path: '/p' }],
    ['nfs://10.0.0.5,10.0.0.6/p:nas', { type: 'nfs', addr: '10.0.0.5,10.0.0.6', path: '/p' }],
    ['nfs://10.0.0.5,h:2050/p:nas', { type: 'nfs', addr: '10.0.0.5,h', port: 2050, path: '/p' }],
    ['nfs://[fd00::5],[fd00::6]:2050/p:nas', { type: 'nfs', addr: '[fd00::5],[fd00::6]', port: 2050, path: '/p' }],
    ['nfs://h,[fd00::6]/p:nas', { type: 'nfs', addr: 'h,[fd00::6]', path: '/p' }],
    ['local:///srv/vols:nas', { type: 'local', path: '/srv/vols' }],
    ['NFS://h/p:nas', { type: 'nfs', addr: 'h', path: '/p' }],
    [
      'nfs://h/a:b/c?sec=krb5:krb5p&noatime:nas',
      { type: 'nfs', addr: 'h', path: '/a:b/c', args: ['sec=krb5:krb5p', 'noatime'] },
    ],
    [
      'nfs://h/p?vol-path=v/w&adopt=all&on-remove=delete&trash-for=7d:nas',
      { type: 'nfs', addr: 'h', path: '/p', 'vol-path': 'v/w', adopt: 'all', onRemove: 'delete', trashFor: '7d' },
    ],
    ['nfs://h/p?read-only&adopt=all:nas', { type: 'nfs', addr: 'h', path: '/p', readOnly: true, adopt: 'all' }],
    ['nfs://h/p?read-only=false:nas', { type: 'nfs', addr: 'h', path: '/p', readOnly: false }],
    ['nfs://h/p?read-only=1:nas', { type: 'nfs', addr: 'h', path: '/p', readOnly: '1' }],
    ['nfs://h/with%20space%3A?uid=x:nas', { type: 'nfs', addr: 'h', path: '/with space:', uid: 'x' }],
    [
      'cifs://bob:pa%2Fs%40s%3As@10.0.0.5/share/folder?seal:nas',
      { type: 'cifs', addr: '10.0.0.5', path: '/share/folder', args: ['seal'], user: 'bob', password: 'pa/s@s:s' },
    ],
    [
      'smb://CORP;bob:p:w@nas.example:4450/share:nas',
      { type: 'smb', addr: 'nas.example', port: 4450, path: '/share', domain: 'CORP', user: 'bob', password: 'p:w' },
    ],
    [
      'cifs://h/share?credentials=team/nas&domain=CORP&user=bob:nas',
      { type: 'cifs', addr: 'h', path: '/share', credentials: 'team/nas', domain: 'CORP', user: 'bob' },
    ],
    ['cifs://bob@h/share:nas', { type: 'cifs', addr: 'h', path: '/share', user: 'bob' }],
    ['nfs://h:nas', { type: 'nfs', addr: 'h:nas', path: '' }],
  ])('%s', (url, settings) => {
    // The last one has no path: its only colon could as well begin a port, so there is no label to be found.
    if (settings.path === '')
      expect(readUrls(url)).toEqual([{ label: undefined, problem: expect.stringContaining('no label') }]);
    else expect(readUrls(url)).toEqual([{ label: 'nas', settings }]);
  });

  test.each([
    'cifs://bob:hunter2/hunter2@h/share:nas',
    'cifs://bob:1234/hunter2@h/share:nas',
    'cifs://bob:hunter2?hunter2@h/share:nas',
    'cifs://bob:1234/x:hunter2@h/share',
    'cifs://bob:hunter2@h/share',
    'cifs://bob:hunter2%zz@h/share:nas',
    'nfs://h:hunter2/p:nas',
    'ftp://bob:hunter2@h/share:nas',
  ])('no part of a password gets anywhere when an address is as wrong as %s', url => {
    const [read, ...more] = readUrls(url);
    expect(more).toEqual([]);
    expect(read).toHaveProperty('problem');
    expect(JSON.stringify(read)).not.toMatch(/hunter2|1234/);
  });

  test('who leaves out the brackets of an IPv6 address is told so', () => {
    expect(readUrls('nfs://fd00::5/export:nas')).toEqual([
      { label: 'nas', problem: expect.stringMatching(/^address 1: an IPv6 address stands in brackets here/) },
    ]);
  });

  test('several stand beside each other, and each bad one is told by its place and by its label if it has one', () => {
    const read = readUrls(' nfs://h/p:a\n\tftp://h/p:b  nfs://h/p nonsense nfs://h/%zz:c nfs://h/p?uid=1&uid=2:d ');
    expect(read).toEqual([
      { label: 'a', settings: { type: 'nfs', addr: 'h', path: '/p' } },
      {
        label: 'b',
        problem: 'address 2: "ftp" is not a protocol; expected one of nfs3, nfs4, efs, cifs, local, nfs, smb',
      },
      {
        label: undefined,
        problem: expect.stringMatching(/^address 3: no label at its end; expected an address such as/),
      },
      { label: undefined, problem: expect.stringMatching(/^address 4: expected an address such as/) },
      { label: 'c', problem: expect.stringMatching(/^address 5: a "%" is not followed/) },
      { label: 'd', problem: 'address 6: "uid" is given twice' },
    ]);
  });

  test('whatever stands there, each word gets settings or a sentence, and nothing is thrown', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'nfs://',
        'local://',
        'h',
        ':',
        '/',
        '?',
        '&',
        '=',
        '%',
        '%41',
        ' ',
        'uid=1',
        '[',
        ']',
        '@',
        '..',
        '__proto__',
      ),
    );
    const text = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));
    fc.assert(
      fc.property(text, given => {
        const read = readUrls(given);
        expect(read).toHaveLength(given.split(/\s+/).filter(word => word !== '').length);
        for (const url of read) {
          if ('problem' in url) expect(url.problem).toMatch(/^address \d+: .{10,}/);
          else expect(Object.getPrototypeOf(url.settings)).toBe(Object.prototype);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
