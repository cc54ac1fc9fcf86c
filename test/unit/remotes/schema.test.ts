import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSettings } from '../../../src/remotes/check-settings.ts';
import { type RemoteDir, rootPath } from '../../../src/remotes/remote-dir.ts';
import { configSchema, schemaFaults } from '../../../src/remotes/schema.ts';
import { remoteDirKeys, remoteDirOptions } from '../../../src/remotes/setting-keys.ts';

const defaults = { onRemove: 'trash', trashFor: 60 } as const;
const check = (raw: unknown) => checkSettings('nas', raw, 'RemoteDirs.nas.', 'static', defaults);
const faultsOf = (raw: unknown) => {
  const checked = check(raw);
  return 'faults' in checked ? checked.faults : [];
};
const good = { addr: 'nas.example', path: '/export' };
function dirOf(raw: unknown): RemoteDir {
  const checked = check(raw);
  if ('faults' in checked) throw new Error(checked.faults.join('; '));
  return checked.dir;
}

describe('the published schema', () => {
  test('is the one the plugin checks with', () => {
    const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'remote-dirs.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configSchema)));
  });

  test('takes the config file of the original design', () => {
    const nas = { type: 'nfs4', addr: '10.0.0.5', path: '/export', args: '-o vers=4.2', 'vol-path': 'volumes' };
    const document = {
      RemoteDirs: { nas },
      LogLevel: 'info',
      LogPath: '/var/log/x.log',
      MaxLogAgeDays: 28,
      MaxLogSizeMb: 10,
    };
    expect(schemaFaults(document)).toEqual([]);
  });

  test('the -o keys describe the share, and neither its owner nor a password', () => {
    expect(remoteDirOptions.map(option => option.name)).toEqual([
      'type',
      'addr',
      'path',
      'args',
      'vol-path',
      'port',
      'user',
      'domain',
      'credentials',
      'region',
      'access-point',
      'tls',
      'tls-name',
      'tls-ca',
      'tls-verify',
      'adopt',
      'readOnly',
    ]);
    expect(remoteDirOptions.every(option => option.help.length > 5)).toBe(true);
  });
});

describe('the settings of a remote dir', () => {
  test('every fault is told at once, with its place', () => {
    expect(
      faultsOf({ type: 'nfs5', adr: 'x', path: 'export', uid: 'x', port: 70000, args: ['ok', 5], 'vol-path': '../up' }),
    ).toEqual([
      'RemoteDirs.nas.adr: there is no such setting; did you mean "addr"?',
      'RemoteDirs.nas.type: expected one of nfs3, nfs4, efs, cifs, local, nfs, smb, found "nfs5"',
      'RemoteDirs.nas.args[1]: expected a text, found 5',
      'RemoteDirs.nas.port: expected a whole number from 1 to 65535, found 70000',
      'RemoteDirs.nas.uid: expected a whole number from 0 to 4294967294, found "x"',
      'RemoteDirs.nas.path: expected an absolute path, one that begins with "/"',
      'RemoteDirs.nas.vol-path: "." and ".." cannot be parts of a path; write it out',
    ]);
  });

  test.each([
    [
      {},
      [
        'RemoteDirs.nas.path: missing; expected an absolute path',
        'RemoteDirs.nas.type: missing; expected one of nfs3, nfs4, efs, cifs, local, nfs, smb',
      ],
    ],
    [
      { type: 'nfs4', path: '/e' },
      ['RemoteDirs.nas.addr: missing; expected the host name or address of the nfs4 server'],
    ],
    [{ type: 'local', path: '/e', addr: 'h' }, ['RemoteDirs.nas.addr: a local remote dir has none; leave it out']],
    [{ type: 'local', path: '/e', port: 1 }, ['RemoteDirs.nas.port: a local remote dir has none; leave it out']],
    [
      { ...good, uid: 4294967295 },
      ['RemoteDirs.nas.uid: expected a whole number from 0 to 4294967294, found 4294967295'],
    ],
    [{ ...good, uid: 1.5 }, ['RemoteDirs.nas.uid: expected a whole number from 0 to 4294967294, found 1.5']],
    [{ ...good, volPath: 'x' }, ['RemoteDirs.nas.volPath: there is no such setting; did you mean "vol-path"?']],
    [{ ...good, 'on-remove': 'x' }, ['RemoteDirs.nas.on-remove: there is no such setting; did you mean "onRemove"?']],
    [
      { ...good, trashFor: 'soon' },
      ['RemoteDirs.nas.trashFor: expected a duration such as 20s, 5m, 24h or 7d, found "soon"'],
    ],
    [{ ...good, trashFor: -1 }, ['RemoteDirs.nas.trashFor: expected a duration such as 20s, 5m, 24h or 7d, found -1']],
    [
      { ...good, addr: 'root:hunter2@h' },
      ['RemoteDirs.nas.addr: expected a host name or address, found one with a user name in it'],
    ],
    [{ ...good, addr: 'h/../x' }, ['RemoteDirs.nas.addr: expected a host name or address, found "h/../x"']],
    [{ ...good, args: 'hard,soft' }, ['RemoteDirs.nas.args: hard and soft cannot stand together; keep one of them']],
    [
      { ...good, port: 1, args: 'port=2' },
      ['RemoteDirs.nas.args: it names another port than "port" or than itself; keep one'],
    ],
    [
      { ...good, 'vol-path': 'a/.nfs-shared/b' },
      ['RemoteDirs.nas.vol-path: names that begin with ".nfs-shared" are kept for the plugin\'s own files'],
    ],
    ['nas', ['RemoteDirs.nas: expected a map of settings, found "nas"']],
    [null, ['RemoteDirs.nas: expected a map of settings, found null']],
    [[], ['RemoteDirs.nas: expected a map of settings, found a list']],
  ])('%j is refused in words', (raw, faults) => {
    expect(faultsOf(raw)).toEqual(faults);
  });

  test('a password somebody meant for another protocol is neither taken nor repeated', () => {
    const [fault, ...more] = faultsOf({ ...good, args: ['password=hunter2'] });
    expect(more).toEqual([]);
    expect(fault).toContain('is for another protocol');
    expect(fault).not.toContain('hunter2');
  });

  const smb = { type: 'cifs', addr: 'h', path: '/share', user: 'bob', password: 'hunter2' };
  test.each([
    [{ ...smb, password: 12345 }, /password: expected a text, found something else/],
    [{ ...smb, password: ['hunter2'] }, /password: expected a text, found something else/],
    [{ ...smb, password: 'hunter2\ndomain=x' }, /password: has a control character/],
    [{ ...smb, password: 'hunter2'.repeat(100) }, /password: is longer than 512 bytes/],
    [{ ...smb, user: undefined }, /user: missing; expected the user whose password/],
    [{ ...smb, password: undefined }, /password: missing; or name a file/],
    [{ ...smb, credentials: 'nas' }, /user: is in the file that credentials names/],
    [{ ...smb, user: undefined, password: undefined, credentials: '../nas' }, /credentials: "\." and "\.\."/],
    [
      { ...smb, user: undefined, password: undefined, credentials: '/etc/nas' },
      /credentials: expected a path relative/,
    ],
    [{ ...smb, user: undefined, password: undefined }, /user: missing; an SMB server wants user and password/],
    [{ ...smb, path: '/' }, /path: expected the name of a share/],
    [{ ...smb, path: '/share/a,b' }, /path: "," cannot be in the path/],
    [{ ...smb, path: '/share/a\\b' }, /path: "\\" cannot be in the path/],
    [{ ...smb, args: 'username=bob,password=hunter2' }, /args: mount option "\(hidden\)" is never a mount option/],
    [{ ...smb, args: 'credentials=/etc/hunter2' }, /args: mount option "\(hidden\)" is never a mount option/],
    [{ ...smb, type: 'nfs4' }, /user: a nfs4 remote dir has none; leave it out/],
    [{ ...smb, addr: undefined, type: 'local' }, /password: a local remote dir has none; leave it out/],
  ])('the login in %j is refused in words that do not repeat it', (raw, says) => {
    const faults = faultsOf(JSON.parse(JSON.stringify(raw)) as object);
    expect(faults.join('\n')).toMatch(says);
    expect(faults.join('\n')).not.toMatch(/hunter2|12345/);
  });

  test('a login is a part of the remote dir that shows its password to nobody', () => {
    const dir = dirOf({ ...smb, domain: 'CORP' });
    expect(dir.login).toMatchObject({ user: 'bob', domain: 'CORP' });
    expect(JSON.stringify(dir)).toContain('"password":"***"');
    expect(dirOf({ ...smb, user: undefined, password: undefined, args: ['guest'] })).not.toHaveProperty('login');
    const inFile = { type: 'smb', addr: 'h', path: '/share', credentials: 'team//nas' };
    expect(dirOf(inFile)).toMatchObject({ type: 'cifs', login: { file: 'team/nas' } });
    expect(dirOf({ ...inFile, credentials: '.' }).login).toEqual({ file: '.' });
  });

  test.each([
    [good, 'nfs4'],
    [{ ...good, type: 'nfs' }, 'nfs4'],
    [{ ...good, type: 'nfs', args: 'vers=3' }, 'nfs3'],
    [{ ...good, type: 'nfs3' }, 'nfs3'],
    [{ type: 'local', path: '/srv' }, 'local'],
  ])('%j is of type %s', (raw, type) => {
    expect(dirOf(raw).type).toBe(type);
  });

  test.each([
    ['vers=4.2,noatime'],
    ['-o vers=4.2,noatime'],
    [['vers=4.2', 'noatime']],
    [['-o', 'vers=4.2', ' noatime ']],
  ])('the mount options %j are two', args => {
    expect(dirOf({ ...good, args }).args).toEqual(['vers=4.2', 'noatime']);
  });

  test('a port among the mount options is the port', () => {
    expect(dirOf({ ...good, args: 'port=2050,hard' })).toMatchObject({ port: 2050, args: ['hard'] });
  });

  test('one folder has one spelling, and so has one server', () => {
    expect(dirOf({ ...good, path: '//a//b/', 'vol-path': 'c//d/' })).toMatchObject({ path: '/a/b', volPath: 'c/d' });
    expect(dirOf({ ...good, addr: 'NAS.Example.' }).addr).toBe('nas.example');
    expect(dirOf({ ...good, addr: '[FD00:0::0005]' }).addr).toBe('fd00::5');
    expect(dirOf({ ...good, addr: 'fe80::1%Eth0' }).addr).toBe('fe80::1%Eth0');
  });

  test.each([
    ['10.0.0.5,10.0.0.6'],
    [' 10.0.0.5 , 10.0.0.6,10.0.0.5'],
    [['10.0.0.5', '10.0.0.6']],
    [['10.0.0.5,10.0.0.6']],
  ])('%j are two addresses of one server', addr => {
    expect(dirOf({ ...good, addr })).toMatchObject({ addr: '10.0.0.5', addrs: ['10.0.0.5', '10.0.0.6'] });
  });

  test('of several addresses each has to be one, and one that is given twice is one', () => {
    expect(dirOf({ ...good, addr: ['[fd00::5]', 'nas'] }).addrs).toEqual(['fd00::5', 'nas']);
    expect(dirOf({ ...good, addr: ['nas', 'NAS.'] })).not.toHaveProperty('addrs');
    expect(faultsOf({ ...good, addr: '10.0.0.5,10.0.0.256' })).toEqual([
      'RemoteDirs.nas.addr: expected a host name or address, found "10.0.0.256"',
    ]);
    expect(faultsOf({ ...good, addr: '10.0.0.5,' })).toEqual([
      'RemoteDirs.nas.addr: expected a host name or address, found ""',
    ]);
    expect(faultsOf({ ...good, addr: [] })).toEqual([
      'RemoteDirs.nas.addr: expected a host name or address, or several of them, found a list',
    ]);
    expect(faultsOf({ ...good, addr: 'a,b,c,d,e,f,g,h,i' }).join()).toMatch(/at most 8 addresses, found 9/);
    expect(faultsOf({ ...good, addr: ['bob:hunter2@h', 'i'] }).join()).not.toMatch(/hunter2/);
    expect(faultsOf({ type: 'local', path: '/srv', addr: ['a', 'b'] }).join()).toMatch(/local remote dir has none/);
  });

  test('what a remote dir does not say about removal is taken from the plugin', () => {
    expect(dirOf(good)).toMatchObject({ onRemove: 'trash', trashFor: 60 });
    expect(dirOf({ ...good, onRemove: 'retain', trashFor: '7d' })).toMatchObject({
      onRemove: 'retain',
      trashFor: 604_800,
    });
    expect(dirOf({ ...good, trashFor: 0 }).trashFor).toBe(0);
  });

  test('whatever is written, it becomes a sound remote dir or sentences, and nothing is thrown', () => {
    const path = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('/', '.', '..', 'a', '.nfs-shared', '\0', '\n', '\ud800', ' '), { maxLength: 8 })
        .map(parts => parts.join('')),
    );
    const rooted = path.map(text => `/${text}`);
    const values = fc.oneof(
      path,
      rooted,
      fc.anything(),
      fc.constantFrom('nfs4', 'local', 'nas', '10.0.0.5', 'all', 'vers=3'),
      fc.integer(),
    );
    const written = fc.record(Object.fromEntries(Object.keys(remoteDirKeys).map(key => [key, values])), {
      requiredKeys: [],
    });
    // Sound but for one key: else hardly any case would get past the first fault.
    const nearly = fc
      .tuple(fc.constantFrom(...Object.keys(remoteDirKeys)), fc.oneof(values, rooted))
      .map(([key, value]) => ({ ...good, [key]: value }));
    const paths = fc.record({ type: fc.constant('local'), path: rooted, 'vol-path': path });
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof(written, nearly, paths, fc.anything(), fc.dictionary(fc.string(), fc.anything())), raw => {
        const checked = check(raw);
        if ('faults' in checked) {
          expect(checked.faults.length).toBeGreaterThan(0);
          for (const fault of checked.faults) expect(fault).toMatch(/^RemoteDirs\.nas(\..*)?: \S.{8,}[^.]$/su);
          return;
        }
        sound++;
        const { dir } = checked;
        const root = rootPath(dir);
        expect(root.startsWith('/')).toBe(true);
        expect(root === '/' || !root.endsWith('/')).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(root).not.toMatch(/\/\/|\/\.{1,2}(\/|$)|[\u0000-\u001f\u007f]/);
        expect(root.startsWith(dir.path)).toBe(true);
        expect(dir.volPath.split('/').some(part => part.startsWith('.nfs-shared'))).toBe(false);
        expect(Buffer.from(root).toString()).toBe(root);
      }),
      { numRuns: 1500 },
    );
    expect(sound).toBeGreaterThan(20);
  });
});
