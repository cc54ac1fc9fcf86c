import { mkdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { driverFor } from '../../../src/drivers/registry.ts';
import { argsOf } from '../../../src/remotes/mount-args.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { RemoteDirs, readStaticRemoteDirs } from '../../../src/remotes/remote-dirs.ts';
import { useTempFolder } from '../../temp-folder.ts';

// Whatever way a mount option is written, it reaches the kernel as it was meant, and the others beside it stay what they are.

const folder = useTempFolder();
const defaults = { onRemove: 'trash', trashFor: 60 } as const;
const CONTEXT = 'context="system_u:object_r:container_file_t:s0:c123,c456"';

const read = (remoteDirs: string) =>
  readStaticRemoteDirs({ remoteDirs, configText: undefined, defaults, embeddedPath: '/x' });

function asList(type: string, args: readonly string[]): RemoteDir | undefined {
  return read(JSON.stringify({ nas: { type, addr: 'h', path: '/p', args } })).dirs.get('nas');
}

function asText(type: string, args: readonly string[]): RemoteDir | undefined {
  return read(JSON.stringify({ nas: { type, addr: 'h', path: '/p', args: args.join(',') } })).dirs.get('nas');
}

function asAddress(type: string, args: readonly string[]): RemoteDir | undefined {
  return read(`${type}://h/p?${args.join('&')}:nas`).dirs.get('nas');
}

function asEncodedAddress(type: string, args: readonly string[]): RemoteDir | undefined {
  const encode = (arg: string) => arg.replaceAll('"', '%22').replaceAll(',', '%2C').replaceAll(':', '%3A');
  return read(`${type}://h/p?${args.map(encode).join('&')}:nas`).dirs.get('nas');
}

function asOption(type: string, args: readonly string[]): RemoteDir {
  mkdirSync(folder('state'), { recursive: true });
  const stateFile = folder('state/remote-dirs.json');
  const parts = { stateFile, defaults, warn: () => {}, now: () => new Date() };
  const make = () => new RemoteDirs({ ...parts, configured: { dirs: new Map(), invalid: new Map() } });
  make().add('nas', new Map(Object.entries({ type, addr: 'h', path: '/p', args: args.join(',') })));
  // As it is known after a restart.
  const found = make().find('nas');
  if (found?.state !== 'ok') throw new Error(JSON.stringify(found));
  return found.dir;
}

const ways = { asList, asText, asAddress, asEncodedAddress, asOption };

test.each([
  ['nfs4', 'nconnect=8'],
  ['nfs4', 'max_connect=2'],
  ['nfs4', 'rsize=65536'],
  ['nfs4', 'wsize=1048576'],
  ['nfs4', 'noatime'],
  ['nfs4', 'softerr'],
  ['nfs4', 'sec=krb5p'],
  ['nfs4', 'sec=krb5:krb5i:sys'],
  ['nfs4', CONTEXT],
  ['nfs4', 'context="system_u:object_r:nfs_t:s0"'],
  ['nfs4', 'rootcontext=system_u:object_r:nfs_t:s0'],
  ['nfs3', 'nolock'],
  ['nfs3', CONTEXT],
  ['nfs3', 'mountport=20048'],
  ['nfs3', 'proto=tcp6'],
])('%s %s', (type, arg) => {
  const args = ['timeo=100', arg, 'acregmin=1'];
  for (const [way, read] of Object.entries(ways)) {
    const dir = read(type, args);
    expect([way, dir?.args]).toEqual([way, args]);
    const options = dir === undefined ? [] : driverFor(dir.type).dataPlan(dir).options;
    // One text is what the helper gets, and it tells a comma in quotes from one between options.
    expect(argsOf(options.join(','))).toEqual(options);
    expect(options).toEqual(expect.arrayContaining(args));
  }
});

test.each(['nconnect=8', 'max_connect=2', 'rsize=65536', 'wsize=65536', 'sec=krb5p'])(
  "%s is how the server is reached, and goes for the plugin's own mount, too",
  arg => {
    const dir = asList('nfs4', [arg]);
    expect(dir === undefined ? undefined : driverFor('nfs4').controlPlan(dir)?.options).toContain(arg);
  },
);

test.each(['noatime', 'softerr', 'nolock', CONTEXT])('%s is for containers alone', arg => {
  const dir = asList('nfs3', [arg]);
  const control = dir === undefined ? undefined : driverFor('nfs3').controlPlan(dir)?.options.join();
  expect(control).not.toMatch(/noatime|softerr|context/);
});

test('softerr takes the place of hard', () => {
  const dir = asList('nfs4', ['softerr']);
  expect(dir === undefined ? [] : driverFor('nfs4').dataPlan(dir).options).not.toContain('hard');
});

test.each(['asList', 'asText', 'asOption', 'asAddress'] as const)(
  'a port of its own is asked and mounted (%s)',
  way => {
    const dir = ways[way]('nfs4', ['port=20490']);
    if (dir === undefined) throw new Error('refused');
    const driver = driverFor('nfs4');
    expect(driver.probe(dir)).toMatchObject({ port: 20490 });
    for (const plan of [driver.dataPlan(dir), driver.controlPlan(dir)]) expect(plan?.options).toContain('port=20490');
  },
);

test.each([
  ['context=a:b:c:s0:c1,c2', /double quotes/],
  ['context="a:b,suid', /double quotes/],
  ['fsc="x', /double quotes/],
  ['sec=krb6', /security flavour of NFS; expected one of sys, krb5/],
  ['sec=krb5:', /security flavour/],
  ['sec', /security flavour/],
])('%s is refused with what is expected', (arg, says) => {
  const { invalid } = read(JSON.stringify({ nas: { type: 'nfs4', addr: 'h', path: '/p', args: [arg] } }));
  expect(invalid.get('nas')?.join()).toMatch(says);
});

test('a context with commas is not given to the mount helper of SMB, which would cut it', () => {
  const smb = { type: 'cifs', addr: 'h', path: '/p', user: 'u', password: 'p' };
  const { invalid, dirs } = read(
    JSON.stringify({ nas: { ...smb, args: [CONTEXT] }, other: { ...smb, path: '/q', args: ['context=a:b:c:s0'] } }),
  );
  expect(invalid.get('nas')?.join()).toMatch(/cuts every option at its commas/);
  expect(dirs.get('other')?.args).toEqual(['context=a:b:c:s0']);
});

test('rw is the contrary of readOnly', () => {
  const { invalid } = read(
    JSON.stringify({ nas: { type: 'nfs4', addr: 'h', path: '/p', args: ['rw'], readOnly: true } }),
  );
  expect(invalid.get('nas')).toEqual([
    'REMOTE_DIRS.nas.args: mount option "rw" is the contrary of the setting readOnly; keep one of them',
  ]);
});
