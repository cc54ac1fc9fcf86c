import { describe, expect, test } from '@jest/globals';
import { nfsDriver } from '../../../src/drivers/nfs.ts';
import { describePlan, nameOfSource } from '../../../src/mounts/mount-plan.ts';
import { addressOf, keyOf, serverOf, type TlsFront } from '../../../src/mounts/tls-front.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';

const nfs4 = nfsDriver('nfs4');
const dir = (more: Partial<RemoteDir> = {}): RemoteDir => ({
  label: 'nas',
  type: 'nfs4',
  addr: 'nas.example',
  port: 20490,
  path: '/export',
  volPath: '',
  args: [],
  tls: { verify: true, ca: 'ca.pem' },
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
  ...more,
});
const front: TlsFront = { host: 'nas.example', port: 20490, name: 'nas.example', verify: true, ca: 'ca.pem' };

describe('NFSv4 inside TLS', () => {
  test('is mounted from the proxy, and people read the name of the server', () => {
    const plan = nfs4.dataPlan(dir());
    expect(plan).toMatchObject({ source: `${addressOf(front)}:/export`, called: 'nas.example:/export', tls: front });
    expect(plan.options).toContain('port=491');
    expect(plan.options).not.toContain('port=20490');
    expect(nameOfSource(plan)).toBe('nas.example:/export');
    expect(describePlan(plan)).not.toContain('127.');
    expect(nfs4.controlPlan(dir())).toMatchObject({ source: plan.source, tls: front });
  });

  test('is asked for through the proxy, and without tls the server itself', () => {
    expect(nfs4.probe(dir())).toEqual({ kind: 'tls', front, program: 100003, version: 4 });
    const { tls: _, ...plain } = dir();
    expect(nfs4.probe(plain)).toMatchObject({ kind: 'rpc', host: 'nas.example', port: 20490 });
    expect(nfs4.dataPlan(plain)).not.toHaveProperty('tls');
    expect(nfs4.dataPlan(plain)).not.toHaveProperty('called');
  });

  test('goes to the usual port of NFS where no other is said, and believes the name it is told to', () => {
    const { port: _, ...usual } = dir({ tls: { verify: false, name: 'other.example' } });
    expect(nfs4.probe(usual)).toMatchObject({ front: { port: 2049, name: 'other.example', verify: false } });
  });

  test.each([
    ['xprtsec=tls', /is encryption by the kernel, and tls is encryption by a proxy; keep one of them/],
    ['xprtsec=mtls', /is encryption by the kernel/],
    ['sec=krb5p', /Kerberos goes by the name/],
    ['proto=rdma', /runs over TCP/],
    ['proto=tcp6', /runs over TCP/],
    ['rdma', /runs over TCP/],
    ['max_connect=4', /past the proxy/],
    ['trunkdiscovery', /past the proxy/],
    ['migration', /past the proxy/],
  ])('does not go together with %s', (arg, says) => {
    expect(nfs4.faults?.(dir({ args: [arg] }))).toEqual([{ key: 'args', problem: expect.stringMatching(says) }]);
    const { tls: _, ...plain } = dir({ args: [arg] });
    expect(nfs4.faults?.(plain)).toEqual([]);
  });

  test.each(['xprtsec=none', 'sec=sys', 'proto=tcp', 'nconnect=4', 'vers=4.2'])('goes together with %s', arg => {
    expect(nfs4.faults?.(dir({ args: [arg] }))).toEqual([]);
  });

  test('by the kernel itself is a mount option, given to both mounts, and a wrong word is refused', () => {
    for (const arg of ['xprtsec=tls', 'xprtsec=mtls', 'xprtsec=none']) {
      const { tls: _, ...plain } = dir({ args: [arg] });
      expect(nfs4.refuseArg(arg)).toBeUndefined();
      expect(nfs4.dataPlan(plain).options).toContain(arg);
      expect(nfs4.controlPlan(plain)?.options).toContain(arg);
    }
    for (const arg of ['xprtsec', 'xprtsec=ssl']) expect(nfs4.refuseArg(arg)).toMatch(/expected xprtsec=tls/);
  });
});

describe('the place of a proxy', () => {
  test('is the same for the same front however it is written, and another for every other one', () => {
    const others: TlsFront[] = [
      front,
      { ...front, host: 'nas2.example' },
      { ...front, port: 2049 },
      { ...front, name: 'x' },
      { ...front, verify: false },
      { ...front, ca: 'ca2.pem' },
      { ...front, accessPoint: { id: 'fsap-1', fileSystem: 'fs-1' } },
      { ...front, accessPoint: { id: 'fsap-1', fileSystem: 'fs-2' } },
    ];
    expect(new Set(others.map(addressOf)).size).toBe(others.length);
    expect(new Set(others.map(keyOf)).size).toBe(others.length);
    const turned = Object.fromEntries(Object.entries(front).reverse()) as unknown as TlsFront;
    expect(addressOf(turned)).toBe(addressOf(front));
    // It stands in the mount tables of running containers: another one after an upgrade would leave them waiting.
    expect(addressOf(front)).toBe('127.88.214.116');
  });

  test('is a loopback address, clear of the beginning and of both ends', () => {
    for (let port = 1; port < 2000; port += 1) {
      const [a, b = 0, c = 0, d = 0] = addressOf({ ...front, port })
        .split('.')
        .map(Number);
      expect(a).toBe(127);
      expect(b).toBeGreaterThanOrEqual(64);
      expect(Math.max(b, c)).toBeLessThanOrEqual(255);
      expect([0, 255]).not.toContain(d);
    }
  });

  test('says whom it leads to', () => {
    expect(serverOf(front)).toBe('nas.example:20490');
    expect(serverOf({ ...front, host: 'fd00::5' })).toBe('[fd00::5]:20490');
  });
});
