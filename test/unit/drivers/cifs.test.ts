import { describe, expect, test } from '@jest/globals';
import { cifsDriver } from '../../../src/drivers/cifs.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { Secret } from '../../../src/system/secret.ts';

const login = { user: 'bob', password: new Secret('hunter2') };
const dir = (more: Partial<RemoteDir> = {}): RemoteDir => ({
  label: 'nas',
  type: 'cifs',
  addr: '10.0.0.5',
  path: '/share',
  volPath: 'volumes',
  args: [],
  login,
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
  ...more,
});
const shown = ['forceuid', 'forcegid', 'file_mode=0755', 'dir_mode=0755', 'nosharesock'];
const safe = ['nosuid', 'nodev'];

describe('SMB mounts', () => {
  test('a share of which nothing else is said is mounted hard, and both sides settle the version', () => {
    expect(cifsDriver.dataPlan(dir())).toEqual({
      kind: 'helper',
      helper: 'mount.cifs',
      source: '//10.0.0.5/share',
      options: ['uid=0', 'gid=0', ...shown, 'hard', 'echo_interval=10', 'mfsymlinks', ...safe],
      login,
      fsTypes: ['cifs', 'smb3'],
    });
  });

  test('owner, modes, port and folder are those of the remote dir, and an IPv6 address stands without brackets', () => {
    const args = ['vers=3.1.1', 'seal', 'file_mode=0640', 'dir_mode=0750', 'soft'];
    expect(
      cifsDriver.dataPlan(dir({ addr: 'fd00::5', path: '/share/a/b', port: 4450, uid: 999, gid: 998, args })),
    ).toEqual(
      expect.objectContaining({
        source: '//fd00::5/share/a/b',
        options: [
          ...['port=4450', 'uid=999', 'gid=998', 'forceuid', 'forcegid', 'nosharesock', 'echo_interval=10'],
          ...['mfsymlinks', ...args, ...safe],
        ],
      }),
    );
  });

  test('our own mount goes the same way to the server, gives errors, and remembers nothing', () => {
    const args = ['vers=3.0', 'seal', 'hard', 'cache=loose', 'actimeo=60', 'dir_mode=0700', 'mfsymlinks'];
    expect(cifsDriver.controlPlan(dir({ args }))?.options).toEqual([
      ...[
        'uid=0',
        'gid=0',
        'forceuid',
        'forcegid',
        'file_mode=0755',
        'nosharesock',
        'vers=3.0',
        'seal',
        'dir_mode=0700',
      ],
      ...['soft', 'echo_interval=3', 'cache=none', 'actimeo=0', 'nohandlecache', 'nolease', ...safe],
    ]);
  });

  test('a guest has no login', () => {
    expect(
      cifsDriver.dataPlan({ ...dir({ args: ['guest'] }), login: undefined } as unknown as RemoteDir),
    ).not.toHaveProperty('login.user');
  });

  test('the version in use is the one that the mount table shows', () => {
    expect(cifsDriver.negotiated(['rw', 'vers=3.1.1', 'seal'])).toBe('3.1.1');
    expect(cifsDriver.negotiated(['rw'])).toBeUndefined();
  });
});

describe('mount options of SMB', () => {
  test.each([
    'vers=2.1',
    'vers=3',
    'vers=3.1.1',
    'vers=default',
    'seal',
    'sign',
    'file_mode=0664',
    'dir_mode=775',
    'noperm',
    'nobrl',
    'guest',
    'sec=ntlmssp',
    'cache=none',
    'user_xattr',
    'mfsymlinks',
  ])('%s is taken', arg => {
    expect(cifsDriver.refuseArg(arg)).toBeUndefined();
  });

  test.each([
    ['vers=1.0', /is not a version this plugin mounts; expected one of 2\.1, /],
    ['vers', /is not a version/],
    ['username=bob', /never a mount option/],
    ['userx=bob', /never a mount option/],
    ['passwd=x', /never a mount option/],
    ['password2=x', /never a mount option/],
    ['pw=x', /never a mount option/],
    ['credfile=x', /never a mount option/],
    ['domainauto', /never a mount option/],
    ['ip=10.0.0.6', /set by the plugin from addr/],
    ['prefixpath=x', /set by the plugin from addr/],
    ['unc=x', /set by the plugin from addr/],
    ['uid=5', /setting of its own/],
    ['noforceuid', /setting of its own/],
    ['multiuser', /about more users than one/],
    ['noserverino', /proving that containers get the folder/],
    ['sec=krb5i', /Kerberos/],
    ['dir_mode=rwx', /is not a mode/],
    ['seal=yes', /takes no value/],
    ['x-systemd.automount', /fstab/],
  ])('%s is refused in words', (arg, says) => {
    expect(cifsDriver.refuseArg(arg)).toMatch(says);
  });

  test('what speaks against each other is told', () => {
    expect(cifsDriver.conflicts(['hard', 'soft', 'vers=2.1', 'vers=3.0', 'file_mode=0600', 'fmask=0644'])).toEqual([
      'hard and soft cannot stand together; keep one of them',
      'vers=2.1 and vers=3.0 cannot stand together; keep one of them',
      'file_mode=0600 and fmask=0644 cannot stand together; keep one of them',
    ]);
  });
});

test.each([
  ['pgdata', undefined],
  ['con', '"con" is the name of a device on SMB servers'],
  ['Lpt1.data', '"Lpt1" is the name of a device on SMB servers'],
  ['console', undefined],
  ['a.b', undefined],
  ['data.', 'SMB servers drop dots and spaces at the end of a name'],
])('a volume named %s: %s', (name, refusal) => {
  expect(cifsDriver.refuseName?.(name)).toBe(refusal);
});
