import { describe, expect, test } from '@jest/globals';
import { checkSettings } from '../../../src/remotes/check-settings.ts';
import { differencesFromOptions } from '../../../src/remotes/differences.ts';
import { sameRootAs } from '../../../src/remotes/overlaps.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { schemaFaults } from '../../../src/remotes/schema.ts';
import { readUrls } from '../../../src/remotes/urls.ts';

const defaults = { onRemove: 'trash', trashFor: 60 } as const;
const check = (raw: unknown) => checkSettings('nas', raw, '', 'static', defaults);
const faultsOf = (raw: unknown) => {
  const checked = check(raw);
  return 'faults' in checked ? checked.faults : [];
};
function dirOf(raw: unknown): RemoteDir {
  const checked = check(raw);
  if ('faults' in checked) throw new Error(checked.faults.join('; '));
  return checked.dir;
}
const nfs4 = { type: 'nfs4', addr: 'nas.example', path: '/export' };
const id = 'fs-0123456789abcdef0';
const efs = { type: 'efs', addr: id, region: 'eu-central-1' };
const accessPoint = 'fsap-0123456789abcdef0';

describe('the settings of TLS', () => {
  test('put a proxy before an NFSv4 server when they are asked for, and before EFS unless they are refused', () => {
    expect(dirOf(nfs4).tls).toBeUndefined();
    expect(dirOf({ ...nfs4, tls: false }).tls).toBeUndefined();
    expect(dirOf({ ...nfs4, tls: true }).tls).toEqual({ verify: true });
    expect(dirOf(efs).tls).toEqual({ verify: true });
    expect(dirOf({ ...efs, tls: false }).tls).toBeUndefined();
  });

  test('name authorities and another name of the server, or say that nobody is to be checked', () => {
    expect(dirOf({ ...nfs4, tls: true, 'tls-ca': 'nas/ca.pem', 'tls-name': 'NAS2.example' }).tls).toEqual({
      verify: true,
      ca: 'nas/ca.pem',
      name: 'nas2.example',
    });
    expect(dirOf({ ...nfs4, tls: true, 'tls-ca': '.' }).tls).toEqual({ verify: true, ca: '.' });
    expect(dirOf({ ...nfs4, tls: true, 'tls-verify': false }).tls).toEqual({ verify: false });
  });

  test.each([
    [{ ...nfs4, tls: 'yes' }, ['tls: expected true or false, found "yes"']],
    [{ ...nfs4, 'tls-ca': 'ca.pem' }, ['tls-ca: means nothing without tls; set tls to true, or leave it out']],
    [
      { ...efs, tls: false, 'tls-name': 'x' },
      ['tls-name: means nothing without tls; set tls to true, or leave it out'],
    ],
    [{ ...nfs4, tls: true, 'tls-ca': '../ca.pem' }, ['tls-ca: "." and ".." cannot be parts of a path; write it out']],
    [{ ...nfs4, tls: true, 'tls-ca': '/ca.pem' }, [expect.stringMatching(/^tls-ca: expected a path relative/)]],
    [{ ...nfs4, tls: true, 'tls-name': 'a b' }, ['tls-name: expected a host name or address, found "a b"']],
    [
      { ...nfs4, tls: true, 'tls-name': 'x\nconnect = evil' },
      ['tls-name: expected a host name or address, found "x?connect = evil"'],
    ],
    [
      { ...nfs4, tls: true, 'tls-ca': 'x', 'tls-verify': false },
      ['tls-ca: means nothing where tls-verify is false; keep one of them'],
    ],
    [{ ...nfs4, type: 'nfs3', tls: true }, [expect.stringMatching(/^tls: cannot go with NFSv3/)]],
    [
      { type: 'local', path: '/x', tls: true, 'tls-ca': 'x' },
      ['tls: a local remote dir has none; leave it out', 'tls-ca: a local remote dir has none; leave it out'],
    ],
    [
      { ...nfs4, tls: true, args: 'xprtsec=tls' },
      [expect.stringMatching(/^args: mount option "xprtsec=tls" is encryption by the kernel/)],
    ],
  ])('%j is refused in words', (raw, faults) => {
    expect(faultsOf(raw)).toEqual(faults);
  });

  test('that say no are taken by every type', () => {
    for (const type of ['nfs3', 'nfs4', 'efs']) expect(faultsOf({ ...nfs4, type, tls: false })).toEqual([]);
    expect(faultsOf({ type: 'local', path: '/x', tls: false })).toEqual([]);
  });
});

describe('the settings of EFS', () => {
  test('need no path, and every other type does', () => {
    expect(dirOf(efs)).toMatchObject({ type: 'efs', addr: id, region: 'eu-central-1', path: '/' });
    const { path: _, ...without } = nfs4;
    expect(faultsOf(without)).toEqual(['path: missing; expected an absolute path']);
    expect(schemaFaults({ RemoteDirs: { a: efs } })).toEqual([]);
  });

  test('take a mount target, by address or by name', () => {
    expect(dirOf({ type: 'efs', addr: '10.0.1.17', path: '/docker', port: 20490 })).toMatchObject({
      addr: '10.0.1.17',
      port: 20490,
    });
    const name = `${id}.efs.eu-central-1.amazonaws.com`;
    expect(dirOf({ type: 'efs', addr: name, 'access-point': accessPoint }).accessPoint).toBe(accessPoint);
    expect(dirOf({ type: 'efs', addr: '10.0.1.17', 'access-point': accessPoint, 'tls-name': name }).accessPoint).toBe(
      accessPoint,
    );
  });

  test.each([
    [{ type: 'efs', addr: id }, ['region: missing; expected the AWS region of the file system, such as eu-central-1']],
    [{ ...efs, region: 'Frankfurt' }, ['region: expected an AWS region such as eu-central-1, found "Frankfurt"']],
    [
      { ...efs, region: 'eu-central-1\nsni = evil' },
      ['region: expected an AWS region such as eu-central-1, found "eu-central-1?sni = evil"'],
    ],
    [{ ...efs, addr: '10.0.1.17' }, ['region: is for an addr that is the id of a file system (fs-…); leave it out']],
    [{ ...efs, 'access-point': 'fs-1' }, ['access-point: expected the id of an access point (fsap-…), found "fs-1"']],
    [
      { ...efs, 'access-point': accessPoint, tls: false },
      ['access-point: needs tls; leave tls out, or set it to true'],
    ],
    [
      { type: 'efs', addr: '10.0.1.17', 'access-point': accessPoint },
      [expect.stringMatching(/^access-point: goes with the id of its file system/)],
    ],
    [
      { ...nfs4, region: 'eu-central-1', 'access-point': accessPoint },
      ['region: a nfs4 remote dir has none; leave it out', 'access-point: a nfs4 remote dir has none; leave it out'],
    ],
    [{ type: 'efs', region: 'eu-central-1' }, ['addr: missing; expected the host name or address of the efs server']],
  ])('%j is refused in words', (raw, faults) => {
    expect(faultsOf(raw)).toEqual(faults);
  });

  test('are written in an address, where a path may be left out', () => {
    const [url] = readUrls(`efs://${id}?region=eu-central-1&access-point=${accessPoint}&tls-ca=ca.pem&noatime:media`);
    expect(url).toEqual({
      label: 'media',
      settings: {
        type: 'efs',
        addr: id,
        region: 'eu-central-1',
        'access-point': accessPoint,
        'tls-ca': 'ca.pem',
        args: ['noatime'],
      },
    });
    const [plain] = readUrls('efs://10.0.1.17/x?tls=false:a');
    expect(plain).toMatchObject({ settings: { tls: false, path: '/x' } });
    expect(readUrls('nfs4://h/x?tls&tls-verify=false:a')[0]).toMatchObject({
      settings: { tls: true, 'tls-verify': false },
    });
    expect(readUrls('nfs4://h/x?tls=perhaps:a')[0]).toMatchObject({ settings: { tls: 'perhaps' } });
  });

  test('tell two access points apart, and the id of a file system from that of another region', () => {
    const of = (label: string, more: object) => ({ ...dirOf({ ...efs, ...more }), label });
    const [one, two] = [of('one', { 'access-point': accessPoint }), of('two', { 'access-point': `${accessPoint}1` })];
    expect(sameRootAs(one, [two])).toBeUndefined();
    expect(sameRootAs(one, [of('three', { 'access-point': accessPoint })])?.label).toBe('three');
    expect(sameRootAs(of('a', {}), [of('b', { region: 'us-east-1' })])).toBeUndefined();
    const { region: _, ...byName } = { ...efs, addr: `${id}.efs.eu-central-1.amazonaws.com` };
    expect(sameRootAs(of('a', {}), [{ ...dirOf(byName), label: 'b' }])?.label).toBe('b');
  });

  test('given again with -o are compared with what is in force', () => {
    const inForce = dirOf({ ...efs, 'tls-ca': 'ca.pem' });
    const same = new Map([
      ['tls', 'true'],
      ['tls-ca', 'ca.pem'],
      ['region', 'eu-central-1'],
      ['tls-verify', 'true'],
    ]);
    expect(differencesFromOptions(same, inForce)).toEqual([]);
    const other = new Map([
      ['tls', 'false'],
      ['access-point', accessPoint],
    ]);
    expect(differencesFromOptions(other, inForce)).toEqual([
      { option: 'tls', asked: 'false', inForce: 'true' },
      { option: 'access-point', asked: accessPoint, inForce: '' },
    ]);
  });
});
