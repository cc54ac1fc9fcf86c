import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { askOnce } from '../../../src/remotes/ask-once.ts';
import { type ProbeResult, probe } from '../../../src/remotes/probe.ts';
import { type FakeRpcServer, type FakeRpcServerOptions, startRpcServer, words } from '../../fakes/rpc-server.ts';

const never = new Promise<never>(() => {});
const running: FakeRpcServer[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});

async function serve(options: FakeRpcServerOptions = {}) {
  const server = await startRpcServer(options);
  running.push(server);
  return server;
}

const nfs4 = (host: string, port: number) => ({ kind: 'rpc', host, port, program: 100003, version: 4 }) as const;

function problemOf(result: ProbeResult): string {
  if (result.ok) throw new Error('the probe succeeded');
  return result.problem;
}

describe('asking a server before a mount', () => {
  test('a server that is up is found up, and fast', async () => {
    const { port } = await serve();
    const results: number[] = [];
    for (let i = 0; i < 10; i++) {
      const result = await probe(nfs4('127.0.0.1', port));
      if (result.ok) results.push(result.milliseconds);
    }
    expect(results).toHaveLength(10);
    expect(Math.min(...results)).toBeLessThan(50);
  });

  test('a server on IPv6 is found too', async () => {
    const { port } = await serve({ host: '::1' });
    expect(await probe(nfs4('::1', port))).toMatchObject({ ok: true });
  });

  test('a closed port reads as a server that does not run', async () => {
    const { port, stop } = await serve();
    await stop();
    expect(await probe(nfs4('127.0.0.1', port))).toEqual({
      ok: false,
      fault: 'refused',
      problem: `127.0.0.1 refused the connection on port ${port} (is the NFS server running there?)`,
    });
  });

  test('a server that accepts and is silent reads as one that hangs', async () => {
    const { port } = await serve({ misbehave: 'hang' });
    expect(await probe(nfs4('127.0.0.1', port), { timeoutMs: 200 })).toEqual({
      ok: false,
      fault: 'hung',
      // What looking at the name took is taken off.
      problem: expect.stringMatching(
        new RegExp(
          `^127.0.0.1 accepted the connection on port ${port} but did not answer within 0.[12] s .the server hangs.$`,
        ),
      ),
    });
  });

  test('a server without this NFS version says which it has', async () => {
    const only3 = await serve({ programs: [{ program: 100003, low: 3, high: 3 }] });
    expect(await probe(nfs4('127.0.0.1', only3.port))).toEqual({
      ok: false,
      fault: 'version-missing',
      problem: `127.0.0.1 answers on port ${only3.port} but serves NFS version 3, not 4`,
    });
    const old = await serve({ programs: [{ program: 100003, low: 2, high: 3 }] });
    expect(problemOf(await probe(nfs4('127.0.0.1', old.port)))).toContain('serves NFS versions 2 to 3, not 4');
  });

  test('an RPC server of another kind, and one of no kind, are told apart', async () => {
    const other = await serve({ programs: [] });
    expect(await probe(nfs4('127.0.0.1', other.port))).toMatchObject({
      fault: 'program-missing',
      problem: `127.0.0.1 answers on port ${other.port} but serves no NFS there`,
    });
    const http = await serve({ misbehave: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') } });
    const result = await probe(nfs4('127.0.0.1', http.port));
    expect(result).toMatchObject({ fault: 'not-rpc' });
    expect(problemOf(result)).toContain('(is this the right port?)');
  });

  test('a server that hangs up reads as one that may refuse this host', async () => {
    const { port } = await serve({ misbehave: 'close' });
    const result = await probe(nfs4('127.0.0.1', port));
    expect(result).toMatchObject({ ok: false, fault: 'closed' });
    expect(problemOf(result)).toContain('closed it without an answer');
  });

  test('a probe that is called off ends at once and says so', async () => {
    const { port, openConnections } = await serve({ misbehave: 'hang' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    expect(await probe(nfs4('127.0.0.1', port), { timeoutMs: 60_000, signal: stop.signal })).toMatchObject({
      fault: 'cancelled',
    });
    for (let i = 0; i < 100 && openConnections() > 0; i++) await new Promise(resolve => setTimeout(resolve, 10));
    expect(openConnections()).toBe(0);
    const edge = { lookup: () => never, stat: () => never };
    for (const target of [nfs4('nas', port), { kind: 'folder', path: '/dead' } as const]) {
      const result = await probe(target, { timeoutMs: 60_000, signal: AbortSignal.timeout(20) }, edge);
      expect(result).toMatchObject({ ok: false, fault: 'cancelled' });
    }
  });
});

describe('a server given by name', () => {
  test('a name of the hosts file works', async () => {
    const { port } = await serve();
    expect(await probe(nfs4('localhost', port))).toMatchObject({ ok: true });
  });

  test('an address is never looked up', async () => {
    const { port } = await serve();
    const lookup = () => Promise.reject(new Error('looked up'));
    expect(await probe(nfs4('127.0.0.1', port), {}, { lookup })).toMatchObject({ ok: true });
  });

  test('a name that does not exist is told with the code of the resolver', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND nas'), { code: 'ENOTFOUND' }));
    expect(await probe(nfs4('nas', 2049), {}, { lookup })).toEqual({
      ok: false,
      fault: 'name',
      problem: 'the name "nas" cannot be resolved (ENOTFOUND)',
    });
  });

  test('a resolver that never answers does not outlast the limit', async () => {
    const result = await probe(nfs4('nas', 2049), { timeoutMs: 100 }, { lookup: () => never });
    expect(problemOf(result)).toBe('the name "nas" cannot be resolved (no answer within 0.1 s)');
  });

  test('an address that is shut does not hide one that answers', async () => {
    const { port } = await serve();
    const lookup = () => Promise.resolve(['127.0.0.2', '::1', '127.0.0.1']);
    expect(await probe(nfs4('nas', port), {}, { lookup })).toMatchObject({ ok: true });
  });

  test('an address that hangs leaves time for the next', async () => {
    const { port } = await serve({
      misbehave: (call, socket) => void (socket.localAddress === '127.0.0.1' && socket.write(success(call.xid))),
      host: '0.0.0.0',
    });
    const lookup = () => Promise.resolve(['127.0.0.2', '127.0.0.1']);
    expect(await probe(nfs4('nas', port), { timeoutMs: 1000 }, { lookup })).toMatchObject({ ok: true });
  });

  test('of several failures the one that says most is told, with its address', async () => {
    const { port } = await serve({ programs: [{ program: 100003, low: 3, high: 3 }], host: '127.0.0.1' });
    const lookup = () => Promise.resolve(['127.0.0.2', '127.0.0.1', '127.0.0.3']);
    const result = await probe(nfs4('nas', port), {}, { lookup });
    expect(problemOf(result)).toBe(`nas (127.0.0.1) answers on port ${port} but serves NFS version 3, not 4`);
  });

  test('a stuck call is joined, not repeated, by those who ask the same', async () => {
    let calls = 0;
    const ask = askOnce(async (_: string) => {
      calls += 1;
      return never;
    });
    void ask('nas');
    void ask('nas');
    void ask('other');
    await Promise.resolve();
    expect(calls).toBe(2);
    const twice = askOnce(() => Promise.resolve(++calls));
    expect([await twice('nas'), await twice('nas')]).toEqual([3, 4]);
  });
});

describe('asking for a folder of this host', () => {
  const ask = (name: string) => probe({ kind: 'folder', path: join(folder, name) });

  test('a folder that is there answers', async () => {
    expect(await probe({ kind: 'folder', path: folder })).toMatchObject({ ok: true });
  });

  test('a missing folder, a file, a path through a file and a loop of links are told apart', async () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('loop', join(folder, 'loop'));
    expect(await ask('none')).toEqual({
      ok: false,
      fault: 'folder-missing',
      problem: `the folder "${join(folder, 'none')}" does not exist on this host`,
    });
    expect(await ask('file')).toMatchObject({ fault: 'not-a-folder' });
    expect(await ask('file/below')).toMatchObject({ fault: 'not-a-folder' });
    expect(await ask('loop')).toMatchObject({ fault: 'folder-denied' });
  });

  test('a folder on a dead share is given up at the limit', async () => {
    const result = await probe({ kind: 'folder', path: '/dead' }, { timeoutMs: 50 }, { stat: () => never });
    expect(result).toMatchObject({ ok: false, fault: 'folder-hung' });
    expect(problemOf(result)).toContain('did not answer within 0.1 s');
  });
});

// Networks that swallow or reject packets, made in a namespace that ends with its process. Needs root, iproute2 and unshare.
describe('a network in the way', () => {
  let found: Readonly<Record<string, { result: ProbeResult; ms: number }>> = {};

  beforeAll(async () => {
    const script = join(folder, 'probe-in-namespace.mjs');
    buildSync({
      stdin: { contents: inNamespace, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const { stdout } = await promisify(execFile)('unshare', ['--net', process.execPath, script], { timeout: 60_000 });
    found = JSON.parse(stdout) as typeof found;
  }, 90_000);

  test('a host that nobody is reads as silence, within the default limit of 2 s', () => {
    const { result, ms } = found['silent'] ?? missing();
    expect(result).toEqual({
      ok: false,
      fault: 'filtered',
      problem: expect.stringMatching(
        /^nothing came back from 192.0.2.5 port 2049 within (2|1.\d) s .a firewall, a wrong address, or the machine is off.$/,
      ),
    });
    expect(ms).toBeGreaterThan(1500);
    expect(ms).toBeLessThan(20_000);
  });

  test('a silent first address does not hide a second that answers', () => {
    expect((found['second'] ?? missing()).result).toMatchObject({ ok: true });
  });

  test('a network without a route, and one that is rejected, are told at once', () => {
    expect(found['unrouted']?.result).toMatchObject({ fault: 'no-route' });
    expect(problemOf((found['unrouted'] ?? missing()).result)).toContain('has no route to its network');
    expect(found['rejected']?.result).toMatchObject({ fault: 'no-route' });
    expect(problemOf((found['rejected'] ?? missing()).result)).toContain('a firewall rejects this host');
    expect(found['unrouted']?.ms).toBeLessThan(1500);
  });

  test('the real resolver is asked for a name, and its failure told', () => {
    const { result } = found['unknown'] ?? missing();
    expect(result).toMatchObject({ ok: false, fault: 'name' });
    expect(problemOf(result)).toMatch(
      /^the name "nas\.invalid" cannot be resolved \((E[A-Z_]+|no answer within 2 s)\)$/,
    );
  });
});

const inNamespace = `
import { execFileSync } from 'node:child_process';
import { probe } from '../../../src/remotes/probe.ts';
import { startRpcServer } from '../../fakes/rpc-server.ts';
const ip = text => execFileSync('ip', text.split(' '), { stdio: ['ignore', 'inherit', 'inherit'] });
ip('link set lo up');
ip('link add near type veth peer name far');
ip('addr add 192.0.2.1/24 dev near');
ip('link set near up');
ip('link set far up');
// The neighbour has a hardware address that nobody listens to: packets leave and nothing ever comes back.
ip('neigh add 192.0.2.5 lladdr 02:00:00:00:00:05 dev near nud permanent');
ip('route add unreachable 198.51.100.0/24');
const server = await startRpcServer();
const timed = async (host, port, lookup) => {
  const started = performance.now();
  const result = await probe({ kind: 'rpc', host, port, program: 100003, version: 4 }, {}, lookup ? { lookup } : {});
  return { result, ms: performance.now() - started };
};
const [silent, second, unrouted, rejected, unknown] = await Promise.all([
  timed('192.0.2.5', 2049),
  timed('nas', server.port, async () => ['192.0.2.5', '127.0.0.1']),
  timed('203.0.113.5', 2049),
  timed('198.51.100.5', 2049),
  timed('nas.invalid', 2049),
]);
await server.stop();
// No process.exit: a socket or timer left behind would keep this process, and fail the test by its time limit.
console.log(JSON.stringify({ silent, second, unrouted, rejected, unknown }));
`;

function missing(): never {
  throw new Error('the namespace gave no such result');
}

const success = (xid: number) => words(0x80000000 + 24, xid, 1, 0, 0, 0, 0);
