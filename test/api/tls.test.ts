// A real stunnel of ours, a real one before the server, and a certificate from an authority made for this test.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { readMountTable } from '../../src/mounts/mount-table.ts';
import { addressOf, type TlsFront } from '../../src/mounts/tls-front.ts';
import { TlsMemory } from '../../src/mounts/tls-memory.ts';
import { TlsProxies, type TlsProxiesParts } from '../../src/mounts/tls-proxies.ts';
import { probe } from '../../src/remotes/probe.ts';
import { runCommand } from '../../src/system/run-command.ts';
import { freePort } from '../docker/free-port.ts';
import { eventually } from '../eventually.ts';
import { type Authority, makeAuthority, makeCertificate, makeSelfSigned } from '../fakes/authority.ts';
import { type FakeRpcServer, startRpcServer } from '../fakes/rpc-server.ts';
import { startTlsServer, type TlsServer } from '../fakes/tls-server.ts';
import { useTempFolder } from '../temp-folder.ts';

const at = useTempFolder();
const NAME = 'nas.example';

let authority: Authority;
let server: FakeRpcServer;
let front: TlsFront;
const running: { stop(): unknown }[] = [];
const lines: string[] = [];

beforeEach(async () => {
  for (const name of ['credentials', 'state', 'run']) mkdirSync(at(name), { recursive: true });
  lines.length = 0;
  authority = makeAuthority(at('credentials'), 'ours');
  server = await startRpcServer();
  running.push(server);
  const tls = await serve({ certificate: makeCertificate(authority, 'server', `DNS:${NAME},IP:127.0.0.9`) });
  front = { host: '127.0.0.1', port: tls.port, name: NAME, verify: true, ca: 'ours/ca.pem' };
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()));
});

async function serve(more: { certificate: string; more?: readonly string[] }): Promise<TlsServer> {
  const tls = await startTlsServer(at(), { address: '127.0.0.1', port: await freePort(), to: server.port, ...more });
  running.push(tls);
  return tls;
}

function memory(): TlsMemory {
  return new TlsMemory({ file: at('state/tls-proxies.json'), now: () => new Date(), warn: text => lines.push(text) });
}

function proxiesWith(more: Partial<TlsProxiesParts> = {}): TlsProxies {
  const proxies = new TlsProxies({
    folder: at('run/tls'),
    prepared: Promise.resolve(),
    source: at('credentials'),
    memory: memory(),
    run: runCommand,
    readTable: readMountTable,
    readNamespaces: () => Promise.resolve([]),
    log: pino({ level: 'trace' }, { write: text => lines.push(text) }),
    ...more,
  });
  running.push(proxies);
  return proxies;
}

const ask = (to: TlsFront, proxies: TlsProxies) =>
  probe({ kind: 'tls', front: to, program: 100003, version: 4 }, {}, { tls: { proxies, source: at('credentials') } });

async function problemOf(to: TlsFront, proxies = proxiesWith()): Promise<string> {
  const result = await ask(to, proxies);
  return result.ok ? 'none' : result.problem;
}

/** Of our own stunnels only: those whose configuration lies in the folder of this test. */
function proxyPids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => commandLine(pid)[1]?.startsWith(at('run/tls')) === true);
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

describe('a server behind a TLS front', () => {
  test('answers through the proxy, which listens on an address of its own and nowhere else', async () => {
    const proxies = proxiesWith();
    expect(await ask(front, proxies)).toMatchObject({ ok: true });
    expect(server.calls).toHaveLength(1);
    expect(addressOf(front)).toMatch(/^127\.(6[4-9]|[7-9]\d|1\d\d|2\d\d)\.\d+\.[1-9]\d*$/);
    expect(proxyPids()).toHaveLength(1);
  });

  test('whose certificate is for its address, and not for a name, is known by that', async () => {
    const tls = await serve({ certificate: makeCertificate(authority, 'numbered', 'IP:127.0.0.1') });
    expect(await problemOf({ ...front, port: tls.port, name: '127.0.0.1' })).toBe('none');
  });

  test('from an authority that nobody trusts is refused, and it is said what to do', async () => {
    const other = makeAuthority(at('credentials'), 'other');
    const tls = await serve({ certificate: makeCertificate(other, 'foreign', `DNS:${NAME}`) });
    expect(await problemOf({ ...front, port: tls.port })).toMatch(
      /127\.0\.0\.1 shows a certificate on port \d+ that is not trusted: it is from an authority that this host does not trust; name the file/,
    );
    const { ca: _, ...bySystem } = front;
    expect(await problemOf(bySystem)).toMatch(/not trusted: it is from an authority/);
    expect(server.calls).toHaveLength(0);
  });

  test('that has signed its certificate itself is refused, unless it is the very one that is trusted', async () => {
    const { both, alone } = makeSelfSigned(at('credentials'), 'itself', `DNS:${NAME}`);
    const tls = await serve({ certificate: both });
    expect(await problemOf({ ...front, port: tls.port })).toMatch(/not trusted: the server has signed it itself/);
    expect(await problemOf({ ...front, port: tls.port, ca: basename(alone) })).toBe('none');
  });

  test('with a certificate for another name is refused, with the names it is for', async () => {
    expect(await problemOf({ ...front, name: 'other.example' })).toBe(
      `127.0.0.1 shows a trusted certificate on port ${front.port}, but for nas.example, 127.0.0.9 and not for other.example; if that is the server you mean, say so with tls-name`,
    );
    expect(server.calls).toHaveLength(0);
  });

  test('is believed whatever it shows only where the settings say so', async () => {
    const { ca: _, ...unchecked } = front;
    expect(await problemOf({ ...unchecked, name: 'other.example', verify: false })).toBe('none');
  });

  test.each(['', 'hang', 'close'] as const)('is not there when NFS answers without TLS (%s)', async misbehave => {
    const plain = await startRpcServer(misbehave === '' ? {} : { misbehave });
    running.push(plain);
    const says = await problemOf({ ...front, port: plain.port });
    if (misbehave === '')
      expect(says).toMatch(/^127\.0\.0\.1 answers on port \d+ but does not speak TLS there; is this/);
    else expect(says).toMatch(/^127\.0\.0\.1 accepted the connection on port \d+ (but did not answer|and closed it)/);
  });

  test('that is switched off is said to refuse the connection, as without TLS', async () => {
    expect(await problemOf({ ...front, port: await freePort() })).toMatch(
      /^127\.0\.0\.1 refused the connection on port/,
    );
  });

  test('is told apart from a TLS front with no NFS server behind it', async () => {
    const other = await startRpcServer({ programs: [] });
    running.push(other);
    const certificate = makeCertificate(authority, 'second', `DNS:${NAME}`);
    const tls = await startTlsServer(at(), {
      address: '127.0.0.1',
      port: await freePort(),
      to: other.port,
      certificate,
    });
    running.push(tls);
    expect(await problemOf({ ...front, port: tls.port })).toMatch(/answers on port \d+ but serves no NFS there/);
  });
});

describe('the proxy', () => {
  test('killed, is back at the same place', async () => {
    const proxies = proxiesWith();
    await ask(front, proxies);
    const [before = 0] = proxyPids();
    for (let kills = 0; kills < 3; kills += 1) {
      const [now = 0] = proxyPids();
      process.kill(now, 'SIGKILL');
      await eventually('another process', () => proxyPids().some(pid => pid !== now && pid !== before));
      expect(await ask(front, proxies)).toMatchObject({ ok: true });
    }
    expect(lines.join('')).toContain('it was ended by SIGKILL');
  });

  test('of an earlier life of the plugin is replaced, at the same place', async () => {
    // As after a kill of the daemon: nobody watches that process any more.
    const earlier = proxiesWith({ pauses: [3_600_000] });
    await ask(front, earlier);
    const [before = 0] = proxyPids();
    const later = proxiesWith();
    later.startRemembered();
    expect(await ask(front, later)).toMatchObject({ ok: true });
    expect(proxyPids()).toHaveLength(1);
    expect(proxyPids()).not.toContain(before);
  });

  test('of a life that ended before it could write anything to the disk is replaced all the same', async () => {
    await ask(front, proxiesWith({ pauses: [3_600_000] }));
    const [before = 0] = proxyPids();
    rmSync(at('state/tls-proxies.json'));
    expect(await ask(front, proxiesWith())).toMatchObject({ ok: true });
    expect(proxyPids()).toHaveLength(1);
    expect(proxyPids()).not.toContain(before);
  });

  test('that nobody has configured any more is kept while a mount goes through it, and forgotten after that', async () => {
    await ask(front, proxiesWith({ pauses: [3_600_000] }));
    const mount = { superOptions: ['rw', `addr=${addressOf(front)}`] };
    const entry = { ...readMountTable()[0], ...mount } as ReturnType<typeof readMountTable>[number];
    const used = proxiesWith({
      pauses: [3_600_000],
      readNamespaces: () => Promise.resolve([{ pid: 1, entries: [entry] }]),
    });
    used.startRemembered();
    await used.forgetUnused([]);
    expect(await ask(front, used)).toMatchObject({ ok: true });
    expect(memory().fronts()).toEqual([front]);

    const unknown = proxiesWith({ readNamespaces: () => Promise.reject(new Error('no right to look')) });
    await unknown.forgetUnused([]);
    expect(memory().fronts()).toEqual([front]);

    await proxiesWith().forgetUnused([front]);
    expect(memory().fronts()).toEqual([front]);
    await proxiesWith().forgetUnused([]);
    expect(memory().fronts()).toEqual([]);
  });

  test('cannot be had without stunnel, and it is said what to install', async () => {
    expect(await problemOf(front, proxiesWith({ program: at('no-stunnel') }))).toMatch(
      /^the TLS proxy of this host does not run: stunnel, .*is not installed on this host; install stunnel4/,
    );
  });

  test('says what is wrong with the file of authorities', async () => {
    expect(await problemOf({ ...front, ca: 'missing.pem' })).toMatch(
      /does not run: the file "missing\.pem" that tls-ca names cannot be read: no such file or folder; it is looked for/,
    );
    expect(await problemOf({ ...front, ca: 'ours/ca.key' })).toMatch(/holds a private key/);
  });

  test('keeps out of the way of a program that listens at its place, and says so', async () => {
    await ask(front, proxiesWith());
    // Another plugin: it knows nothing of the first one's processes.
    const second = proxiesWith({
      folder: at('run/second'),
      memory: new TlsMemory({ file: at('state/second.json'), now: () => new Date(), warn: () => {} }),
    });
    expect(await problemOf(front, second)).toMatch(
      /another program of this host listens at its place, 127\..* port 491/,
    );
    expect(proxyPids()).toHaveLength(1);
  });

  test('shows the access point in a certificate, whose key nobody else can read and no argument holds', async () => {
    const want = ['requireCert = yes'];
    const certificate = makeCertificate(authority, 'asking', `DNS:${NAME}`);
    const tls = await serve({ certificate, more: want });
    expect(await problemOf({ ...front, port: tls.port })).toMatch(/turns the TLS connection down|closed it without/);
    const accessPoint = { id: 'fsap-0123456789abcdef0', fileSystem: 'fs-0123456789abcdef0' };
    const through: TlsFront = { ...front, port: tls.port, accessPoint };
    expect(await problemOf(through)).toBe('none');

    const folder = join(at('run/tls'), addressOf(through));
    const shown = await runCommand('openssl', ['x509', '-noout', '-text', '-in', join(folder, 'client.pem')], {
      milliseconds: 10_000,
    });
    expect(shown.stdout).toMatch(/1\.3\.6\.1\.4\.1\.4843\.7\.1:\s+\.\.fsap-0123456789abcdef0/);
    expect(shown.stdout).toMatch(/1\.3\.6\.1\.4\.1\.4843\.7\.3:\s+\.\.fs-0123456789abcdef0/);
    expect(shown.stdout).toMatch(/Subject: CN ?= ?fsap-0123456789abcdef0/);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder))
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
    for (const pid of proxyPids()) expect(commandLine(pid)).toEqual(['stunnel', expect.any(String), '']);
  });

  test('gives up the rights of root once it listens', async () => {
    await ask(front, proxiesWith());
    await eventually('a user of its own', () =>
      readFileSync(`/proc/${proxyPids()[0]}/status`, 'utf8').includes('Uid:\t60700'),
    );
  });
});
