import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { driverFor, driverTypes } from '../../src/drivers/registry.ts';
import { describePlan, type MountPlan } from '../../src/mounts/mount-plan.ts';
import type { RemoteDir, RemoteDirType } from '../../src/remotes/remote-dir.ts';
import { Secret } from '../../src/system/secret.ts';

function dirOf(type: RemoteDirType, more: Partial<RemoteDir> = {}): RemoteDir {
  const addr = driverFor(type).needsAddr ? { addr: '10.0.0.5' } : {};
  return {
    label: 'nas',
    type,
    ...addr,
    path: '/export',
    volPath: 'volumes',
    args: [],
    onRemove: 'trash',
    trashFor: 60,
    origin: 'static',
    ...more,
  };
}

function plansOf(dir: RemoteDir): MountPlan[] {
  const driver = driverFor(dir.type);
  const control = driver.controlPlan(dir);
  return control === undefined ? [driver.dataPlan(dir)] : [driver.dataPlan(dir), control];
}

// Each of these would get round what the plugin promises, whatever the protocol.
const hostile = [
  'bind',
  'rbind',
  'move',
  'remount',
  'loop',
  'loop=/dev/loop0',
  'suid',
  'dev',
  'addr=10.0.0.9',
  'mountaddr=10.0.0.9',
  'clientaddr=10.0.0.9',
  'mounthost=evil',
  'shared',
  'slave',
  'private',
  'unbindable',
  'rshared',
  'rslave',
  'rprivate',
  'runbindable',
  'fg',
  'bg',
  'retry=5',
  'user',
  'user=joe',
  'users',
  'owner',
  'group',
  '_netdev',
  'x-systemd.automount',
  'ro',
  'password=hunter2',
  'port=1',
  '',
  '=',
  '-o',
  '--bind',
  'SUID',
];
// To a mount helper, whatever follows an open quote is a part of one option: nosuid and nodev would be.
const openQuotes = [
  'fsc="x',
  'context="x',
  'context=x"',
  'context="a"b"',
  'context="a,suid',
  'fsc="a,b"',
  'context="a b"',
  'context="a","suid"',
];
const words = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...hostile, ...openQuotes),
  fc
    .tuple(
      fc.constantFrom('noatime', 'hard', 'rsize=4096', 'x'),
      fc.constantFrom(',', '="', '"', '",', ' ', '\n', '\0', '\t', '\u2028'),
      fc.constantFrom(...hostile),
    )
    .map(parts => parts.join('')),
);

describe.each(driverTypes)('the %s driver', type => {
  const driver = driverFor(type);

  test('is the one the registry gives for its type', () => {
    expect(driver.type).toBe(type);
  });

  test('plans the same mount for the same settings every time, and nobody who changes a plan changes the next', () => {
    const dir = dirOf(type);
    const first = structuredClone(plansOf(dir));
    for (const plan of plansOf(dir)) (plan.options as string[]).push('suid');
    expect(plansOf(dir)).toEqual(first);
    expect(dir).toEqual(dirOf(type));
  });

  test('never lets a container bring a set-uid program or a device from the share', () => {
    for (const plan of plansOf(dirOf(type))) {
      expect(plan.options.slice(-2)).toEqual(['nosuid', 'nodev']);
    }
  });

  test('mounts a read-only remote dir with ro, for containers and for itself, and no other', () => {
    for (const plan of plansOf(dirOf(type, { readOnly: true }))) expect(plan.options).toContain('ro');
    for (const plan of plansOf(dirOf(type))) expect(plan.options).not.toContain('ro');
  });

  test('never plans a control mount that can hang', () => {
    const args =
      type === 'local'
        ? []
        : ['hard', 'timeo=600', 'retrans=9', 'sharecache', 'lookupcache=all', 'actimeo=3600', 'acdirmax=60'];
    const control = driver.controlPlan(dirOf(type, { args }));
    expect(control?.options ?? []).not.toContain('hard');
    for (const arg of args) expect(control?.options ?? []).not.toContain(arg);
    if (control !== undefined) expect(control.options).toContain('soft');
  });

  test.each([...hostile, ...openQuotes])('refuses the mount option "%s" in words', arg => {
    expect(driver.refuseArg(arg)).toMatch(/^[a-z]+ .{10,}[^.]$/);
  });

  test('no hostile mount option gets into a plan unrefused', () => {
    fc.assert(
      fc.property(words, arg => {
        if (driver.refuseArg(arg) !== undefined) return;
        // Taken: then it is one plain word, and none of the forbidden ones.
        expect(arg).toMatch(/^[a-z][a-z0-9_.-]*(=[\x21\x23-\x2b\x2d-\x7e]*)?$/);
        expect(hostile.map(word => word.split('=')[0])).not.toContain(arg.split('=')[0]);
        for (const plan of plansOf(dirOf(type, { args: [arg] })))
          expect(plan.options.join(',').split(',')).toEqual(plan.options);
      }),
      { numRuns: 500 },
    );
  });

  test('says how to find out whether the share answers, without mounting it', () => {
    const nfs = { kind: 'rpc', host: '10.0.0.5', port: 2049, program: 100003 };
    const expected = {
      local: { kind: 'folder', path: '/export' },
      cifs: { kind: 'smb', host: '10.0.0.5', port: 445 },
      nfs3: { ...nfs, version: 3 },
      nfs4: { ...nfs, version: 4 },
      efs: { ...nfs, version: 4 },
    };
    expect(driver.probe(dirOf(type))).toEqual(expected[type]);
  });

  test('puts no password into anything that is shown', () => {
    const login = { user: 'bob', password: new Secret('hunter2') };
    for (const plan of plansOf(dirOf(type, { login }))) {
      expect(inspect(plan, { depth: 9, showHidden: true })).not.toContain('hunter2');
      expect(`${JSON.stringify(plan)} ${describePlan(plan)}`).not.toContain('hunter2');
    }
  });

  test('tells the version in use only when the mount table shows one', () => {
    expect(driver.negotiated(['rw', 'relatime'])).toBeUndefined();
  });
});

test('no driver touches a file, a process or the network', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'drivers');
  const files = readdirSync(folder).filter(name => name.endsWith('.ts'));
  expect(files).toEqual(expect.arrayContaining(['nfs.ts', 'efs.ts', 'cifs.ts', 'local.ts', 'registry.ts']));
  for (const name of files) {
    expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/from '(node:|execa|express)|process\.|import\(/);
  }
});
