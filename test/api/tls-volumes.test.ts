// The life of a volume behind TLS. The proxy, its server and the certificates are real; the kernel's NFS client is not there.

import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { readMountTable } from '../../src/mounts/mount-table.ts';
import { addressOf } from '../../src/mounts/tls-front.ts';
import { TlsMemory } from '../../src/mounts/tls-memory.ts';
import { TlsProxies } from '../../src/mounts/tls-proxies.ts';
import { probe } from '../../src/remotes/probe.ts';
import { runCommand } from '../../src/system/run-command.ts';
import { freePort } from '../docker/free-port.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';
import { makeAuthority, makeCertificate } from '../fakes/authority.ts';
import { NfsByBind } from '../fakes/nfs-by-bind.ts';
import { startRpcServer } from '../fakes/rpc-server.ts';
import { startTlsServer } from '../fakes/tls-server.ts';
import { useTempFolder } from '../temp-folder.ts';

const at = useTempFolder();
const running: (() => unknown)[] = [];
let nfs: NfsByBind;
let host: ApiHost;
let place: string;

beforeEach(async () => {
  for (const name of ['credentials', 'state', 'disk', 'tls', 'host']) mkdirSync(at(name));
  const server = await startRpcServer();
  const port = await freePort();
  const authority = makeAuthority(at('credentials'), 'ours');
  const certificate = makeCertificate(authority, 'server', 'IP:127.0.0.1');
  const front = await startTlsServer(at('tls'), { address: '127.0.0.1', port, to: server.port, certificate });
  const proxies = new TlsProxies({
    folder: at('tls/proxies'),
    prepared: Promise.resolve(),
    source: at('credentials'),
    memory: new TlsMemory({ file: at('state/tls-proxies.json'), now: () => new Date(), warn: () => {} }),
    run: runCommand,
    readTable: readMountTable,
    readNamespaces: () => Promise.resolve([]),
    log: pino({ level: 'silent' }),
  });
  nfs = new NfsByBind(at('disk'), ['/one', '/two', '/three']);
  const behind = { type: 'efs', addr: '127.0.0.1', port, 'tls-ca': 'ours/ca.pem' };
  const remoteDirs = {
    one: { ...behind, path: '/one' },
    two: { ...behind, path: '/two' },
    three: { ...behind, path: '/three', 'tls-name': 'other.example' },
  };
  const ask: typeof probe = (target, asked) => probe(target, asked, { tls: { proxies, source: at('credentials') } });
  const { run, readTable, explain } = nfs;
  host = await startApiHost(at('host'), { remoteDirs, network: { run, readTable, explain, proxies, probe: ask } });
  running.push(
    () => host.stop(),
    () => proxies.stop(),
    () => front.stop(),
    () => server.stop(),
  );
  place = addressOf({ host: '127.0.0.1', port, name: '127.0.0.1', verify: true, ca: 'ours/ca.pem' });
});

afterEach(async () => {
  for (const end of running.splice(0)) await end();
});

test('a volume behind TLS is created, mounted from its proxy, shown with its encryption, and removed', async () => {
  expect(await host.create('db@one')).toEqual({});
  const { Mountpoint: path } = (await host.mount('db@one', 'first')) as { Mountpoint: string };
  writeFileSync(`${path}/f`, 'x');
  expect(nfs.mounted.map(({ source }) => source)).toEqual([`${place}:/one`, `${place}:/one`]);
  for (const { options } of nfs.mounted)
    expect(options).toEqual(expect.arrayContaining(['port=491', 'nfsvers=4.1', 'noresvport']));

  const shown = JSON.stringify(await host.get('db@one'));
  expect(shown).toContain('"source":"127.0.0.1:/one"');
  expect(shown).toContain('TLS; the server has to be 127.0.0.1 by the authorities in \\"ours/ca.pem\\"');
  expect(shown).not.toContain(place);

  expect(await host.unmount('db@one', 'first')).toEqual({});
  expect(await host.remove('db@one')).toEqual({});
});

test('a share whose server shows the wrong certificate is not mounted, and the answer says why', async () => {
  const { Err } = (await host.create('db@three')) as { Err?: string };
  expect(Err).toMatch(
    /^Cannot create "db@three": the share of remote dir "three" does not answer: 127\.0\.0\.1 shows a/,
  );
  expect(Err).toMatch(/but for 127\.0\.0\.1 and not for other\.example; .*tls-name \(127\.0\.0\.1:\/three\)/);
  expect(nfs.mounted.filter(({ source }) => source.endsWith('/three'))).toEqual([]);
});

test('a share that the kernel would reach past its proxy is refused, before anything is written there', async () => {
  nfs.connectedTo = '10.0.0.5';
  const { Err } = (await host.create('db@two')) as { Err?: string };
  expect(Err).toMatch(/^Cannot create "db@two": 127\.0\.0\.1:\/two cannot be mounted with TLS: .* to 10\.0\.0\.5;/);
  expect(host.shares.get('two').state).toBe('refused');

  nfs.connectedTo = undefined;
  expect(await host.create('db@two')).toEqual({});
  nfs.connectedTo = '10.0.0.5';
  expect(await host.mount('db@two', 'first')).toMatchObject({
    Err: expect.stringMatching(/cannot be mounted with TLS/),
  });
});
