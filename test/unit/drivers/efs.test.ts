import { describe, expect, test } from '@jest/globals';
import { efsDriver } from '../../../src/drivers/efs.ts';
import type { HelperMount } from '../../../src/mounts/mount-plan.ts';
import { addressOf } from '../../../src/mounts/tls-front.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';

const id = 'fs-0123456789abcdef0';
const name = `${id}.efs.eu-central-1.amazonaws.com`;
const dir = (more: Partial<RemoteDir> = {}): RemoteDir => ({
  label: 'media',
  type: 'efs',
  addr: id,
  region: 'eu-central-1',
  path: '/',
  volPath: 'volumes',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
  ...more,
});
const tls = { verify: true };
const recommended = ['nfsvers=4.1', 'rsize=1048576', 'wsize=1048576', 'timeo=600', 'retrans=2', 'noresvport'];
const frontOf = (more: Partial<RemoteDir>) => {
  const target = efsDriver.probe(dir(more));
  if (target.kind !== 'tls') throw new Error('not behind TLS');
  return target.front;
};

describe('a file system of Amazon EFS', () => {
  test('is mounted as AWS recommends, by the name that its id and its region make', () => {
    expect(efsDriver.dataPlan(dir())).toEqual({
      kind: 'helper',
      helper: 'mount.nfs',
      source: `${name}:/`,
      options: ['hard', 'lookupcache=positive', ...recommended, 'retry=0', 'nosuid', 'nodev'],
      fsTypes: ['nfs4'],
    });
    expect(efsDriver.probe(dir())).toEqual({ kind: 'rpc', host: name, port: 2049, program: 100003, version: 4 });
  });

  test('in China has a name of another end, and a mount target is taken as it stands', () => {
    expect(efsDriver.dataPlan(dir({ region: 'cn-north-1' })).source).toBe(`${id}.efs.cn-north-1.amazonaws.com.cn:/`);
    const { region: _, ...target } = dir({ addr: '10.0.1.17', path: '/docker' });
    expect(efsDriver.dataPlan(target).source).toBe('10.0.1.17:/docker');
  });

  test('has the options of the user in place of the recommended ones', () => {
    const args = ['vers=4.0', 'rsize=65536', 'soft', 'resvport'];
    expect(efsDriver.dataPlan(dir({ args })).options).toEqual([
      'lookupcache=positive',
      'wsize=1048576',
      'timeo=600',
      'retrans=2',
      ...args,
      'retry=0',
      'nosuid',
      'nodev',
    ]);
  });

  test('is worked on by a mount that gives errors, reached as the other one is', () => {
    const options = efsDriver.controlPlan(dir())?.options ?? [];
    expect(options).toEqual(expect.arrayContaining(['nfsvers=4.1', 'rsize=1048576', 'noresvport', 'soft', 'timeo=50']));
    expect(options).not.toContain('timeo=600');
  });

  test('with TLS is mounted from the proxy, which leads to the file system and knows its name', () => {
    const front = frontOf({ tls });
    expect(front).toEqual({ host: name, port: 2049, name, verify: true });
    for (const plan of [efsDriver.dataPlan(dir({ tls })), efsDriver.controlPlan(dir({ tls }))] as HelperMount[]) {
      expect(plan).toMatchObject({ source: `${addressOf(front)}:/`, called: `${name}:/`, tls: front });
      expect(plan.options.filter(option => option.startsWith('port='))).toEqual(['port=491']);
    }
  });

  test('has a proxy of its own for each access point, which is told to the server with the id of the file system', () => {
    const accessPoint = 'fsap-0123456789abcdef0';
    const front = frontOf({ tls, accessPoint });
    expect(front.accessPoint).toEqual({ id: accessPoint, fileSystem: id });
    expect(addressOf(front)).not.toBe(addressOf(frontOf({ tls })));
    expect(addressOf(front)).not.toBe(addressOf(frontOf({ tls, accessPoint: 'fsap-0123456789abcdef1' })));

    const { region: _, ...target } = dir({ addr: '10.0.1.17', accessPoint, tls: { ...tls, name: `eu-1a.${name}` } });
    expect(efsDriver.probe(target)).toMatchObject({ front: { host: '10.0.1.17', accessPoint: { fileSystem: id } } });
  });

  test.each([
    ['vers=4.2', /^is not a version that EFS speaks/],
    ['v4.2', /^is not a version that EFS speaks/],
    ['minorversion=2', /^is not a minor version that EFS speaks/],
    ['vers=3', /^is not a version that EFS speaks/],
    ['v3', /^is not a version that EFS speaks/],
    ['tls', /^is a setting of its own: tls/],
    ['accesspoint=fsap-12345678', /^is a setting of its own: access-point/],
    ['iam', /^is about credentials of AWS/],
    ['nolock', /^means nothing in NFSv4/],
    ['xprtsec=tls', /^is not spoken by EFS; it is encrypted by tls/],
    ['sec=krb5p', /^is not spoken by EFS/],
  ])('refuses %s', (arg, says) => {
    expect(efsDriver.refuseArg(arg)).toMatch(says);
  });

  test.each(['vers=4.1', 'nfsvers=4.0', 'v4.1', 'minorversion=1', 'sec=sys', 'noatime', 'nconnect=4'])(
    'takes %s',
    arg => {
      expect(efsDriver.refuseArg(arg)).toBeUndefined();
    },
  );
});
