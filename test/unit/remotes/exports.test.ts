import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { type ExportsResult, listExports } from '../../../src/remotes/exports.ts';
import { explainMountFailure } from '../../../src/remotes/mount-words.ts';
import {
  type FakeProgram,
  type FakeRpcServer,
  type FakeRpcServerOptions,
  mountd,
  rpcbind,
  startRpcServer,
  words,
} from '../../fakes/rpc-server.ts';

const running: FakeRpcServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});

async function serve(options: FakeRpcServerOptions) {
  const server = await startRpcServer(options);
  running.push(server);
  return server;
}

async function hostWith(mountdOptions: FakeRpcServerOptions, host = '127.0.0.1') {
  const mounts = await serve({ ...mountdOptions, host });
  const binder = await serve({ programs: [rpcbind(mounts.port)], host });
  return { mounts, binder };
}

const list = (rpcbindPort: number, host = '127.0.0.1', timeoutMs = 5000) =>
  listExports(host, { rpcbindPort, timeoutMs });

describe('asking a server what it exports', () => {
  const exported = { '/data': ['10.0.0.0/24', 'client.example'], '/home': ['*'], '/späte Öffnung': [] };
  const asListed = Object.entries(exported).map(([path, clients]) => ({ path, clients }));

  test.each(['127.0.0.1', '::1'])('rpcbind says where mountd is, and mountd lists (%s)', async host => {
    const { mounts, binder } = await hostWith({ programs: [mountd(exported)] }, host);
    expect(await list(binder.port, host)).toEqual({ ok: true, exports: asListed });
    expect(mounts.calls).toMatchObject([{ program: 100005, version: 3, procedure: 5, flavor: 1 }]);
  });

  test('a server that exports nothing says so', async () => {
    const { binder } = await hostWith({ programs: [mountd({})] });
    expect(await list(binder.port)).toEqual({ ok: true, exports: [] });
  });

  test('that nothing could be learned is never an empty list', async () => {
    const closed = await serve({});
    await closed.stop();
    const unregistered = await serve({ programs: [rpcbind(0)] });
    const dead = await serve({ programs: [rpcbind(closed.port)] });
    const silent = await hostWith({ misbehave: 'hang' });
    expect(await list(closed.port)).toEqual({
      ok: false,
      problem: `127.0.0.1 refused the connection on port ${closed.port} (is the rpcbind server running there?)`,
    });
    expect(await list(unregistered.port)).toEqual({
      ok: false,
      problem: 'rpcbind of 127.0.0.1 knows of no mountd version 3 over TCP',
    });
    expect(await list(dead.port)).toEqual({
      ok: false,
      problem: `127.0.0.1 refused the connection on port ${closed.port} (is the mountd server running there?)`,
    });
    expect(problemOf(await list(silent.binder.port, '127.0.0.1', 300))).toContain('(the server hangs)');
  });

  test.each<[string, FakeProgram]>([
    ['text that is longer than the reply', listing(words(1, 1000))],
    ['a list without an end', listing(words(1, 4, 0x2f612f62, 0))],
    [
      'a list that never ends to say yes',
      listing(words(...Array.from({ length: 60_000 }, (_, i) => (i % 3 === 0 ? 1 : 0)))),
    ],
    ['a yes that is none', listing(words(7))],
  ])('a list that cannot be read is told, not shortened: %s', async (_, program) => {
    const { binder } = await hostWith({ programs: [program] });
    expect(problemOf(await list(binder.port))).toMatch(/^mountd of 127\.0\.0\.1 gave an answer that cannot be read: /);
  });

  test('rpcbind with a port that is none does not crash us', async () => {
    const binder = await serve({
      programs: [{ program: 100000, low: 2, high: 2, procedures: { 3: () => words(70_000) } }],
    });
    expect(problemOf(await list(binder.port))).toContain('there is no port 70000');
  });
});

describe('the real rpcbind', () => {
  test('understands our questions and is understood', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rpcbind-'));
    try {
      const script = join(folder, 'ask-rpcbind.mjs');
      buildSync({
        stdin: { contents: inNamespace, resolveDir: import.meta.dirname },
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: script,
      });
      // Its socket and lock are paths, its port is fixed: it gets a network and a /run of its own, which end with the script.
      const namespace = ['--net', '--mount', process.execPath, script];
      const { stdout } = await promisify(execFile)('unshare', namespace, { timeout: 60_000 });
      const { found, programs, older, unregistered, unregistered6 } = JSON.parse(stdout) as Record<string, unknown>;
      expect(found).toMatchObject({ ok: true });
      expect(programs).toContain(100000);
      expect(older).toEqual({ ok: false, fault: 'version-missing', low: 2, high: 4 });
      expect(unregistered).toEqual({
        ok: false,
        problem: 'rpcbind of 127.0.0.1 knows of no mountd version 3 over TCP',
      });
      expect(unregistered6).toEqual({ ok: false, problem: 'rpcbind of ::1 knows of no mountd version 3 over TCP' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);
});

describe('why a mount failed, in words', () => {
  const exports = (...paths: [string, string[]?][]): ExportsResult => ({
    ok: true,
    exports: paths.map(([path, clients = ['*']]) => ({ path, clients })),
  });
  const explain = (stderr: string, exportsResult?: ExportsResult, path = '/export') =>
    explainMountFailure({ stderr, source: `10.0.0.5:${path}`, host: '10.0.0.5', path, exportsResult });
  const denied = 'mount.nfs: access denied by server while mounting 10.0.0.5:/export\n';
  const missing = 'mount.nfs: mounting 10.0.0.5:/export failed, reason given by server: No such file or directory\n';

  test('a path that is not exported is told with those that are', () => {
    const expected = '10.0.0.5 answers on port 2049 but does not export /export to this host (exports: /data, /home)';
    expect(explain(denied, exports(['/data'], ['/home']))).toBe(expected);
    expect(explain(missing, exports(['/data'], ['/home']))).toBe(expected);
    expect(explain(missing, exports(['/exp']))).toContain('does not export /export');
    expect(explain(denied, exports())).toContain('(it exports nothing)');
  });

  test('a path exported to others only is told with these', () => {
    const text = explain(denied, exports(['/export', ['10.1.0.0/24', 'web']]));
    expect(text).toBe('10.0.0.5 exports /export but denies it to this host (allowed: 10.1.0.0/24, web)');
    expect(explain(denied, exports(['/export']))).toContain('to everybody but denies it to this host');
  });

  test('the deepest export that holds the path decides', () => {
    const text = explain(denied, exports(['/'], ['/export', ['web']]), '/export/a');
    expect(text).toBe('10.0.0.5 exports /export but denies it to this host (allowed: web)');
  });

  test('a folder missing in an export is told', () => {
    expect(explain(missing, exports(['/srv']), '/srv/a')).toBe(
      '10.0.0.5 exports /srv but there is no folder /srv/a in it',
    );
    expect(explain(missing, exports(['/export']))).toContain('has no such folder for this host');
  });

  test('without a list of exports nothing is said about what is exported', () => {
    for (const result of [undefined, { ok: false, problem: 'nothing came back' } as const]) {
      expect(explain(denied, result)).toBe(
        '10.0.0.5 answers on port 2049 but denies this host access to /export (is it exported to this host?)',
      );
      expect(explain(missing, result)).toBe(
        '10.0.0.5 answers on port 2049 but has no /export for this host (no such folder, or not exported)',
      );
    }
  });

  test('a long list of exports is cut, and the cut is told', () => {
    const many = exports(...Array.from({ length: 40 }, (_, i): [string] => [`/e${i}`]));
    expect(explain(denied, many)).toContain('/e7 and 32 more)');
  });

  test.each([
    ['mount.nfs: Protocol not supported', 'choose another type, vers or proto'],
    ['mount.nfs: requested NFS version or transport protocol is not supported', 'choose another type, vers or proto'],
    ['mount.nfs: Connection timed out', 'did not answer the mount of /export in time'],
    ['mount.nfs: Connection refused', 'refused a connection during the mount'],
    ['mount.nfs: No route to host', 'cannot reach 10.0.0.5'],
    ['mount.nfs: Stale file handle', 'export it anew'],
    ['mount.nfs: Operation not permitted', 'is not permitted'],
    ['mount.nfs: No such device', 'modprobe nfs'],
    ['mount.nfs: Failed to resolve server nas: Name or service not known', 'cannot be resolved'],
    [
      "mount.nfs: rpc.statd is not running but is required for remote locking.\nmount.nfs: Either use '-o nolock' to keep locks local, or start statd.\nmount.nfs: Operation not permitted",
      'use NFSv4',
    ],
  ])('%s', (stderr, words) => {
    expect(explain(stderr)).toContain(words);
  });

  test('what is not known is passed on in one printable line without the program and its exit status', () => {
    const stderr =
      'mount.nfs: an odd \u001b[31mthing for 10.0.0.5:/export on /mnt\r\nmount.nfs: an odd one\n\ncommand failed with exit status 32\n';
    expect(explain(stderr)).toBe('an odd ?[31mthing on /mnt; an odd one');
    expect(explain('exit status 32')).toBe('the mount helper failed without saying why');
    expect(explain(' \n')).toBe('the mount helper failed without saying why');
  });
});

function listing(result: Buffer): FakeProgram {
  return { program: 100005, low: 3, high: 3, procedures: { 5: () => result } };
}

function problemOf(result: ExportsResult): string {
  if (result.ok) throw new Error(`a list came: ${JSON.stringify(result.exports).slice(0, 200)}`);
  return result.problem;
}

const inNamespace = `
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { listExports } from '../../../src/remotes/exports.ts';
import { askRpc } from '../../../src/remotes/rpc.ts';
const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
run('ip', 'link', 'set', 'lo', 'up');
run('mount', '--make-rprivate', '/');
run('mount', '-t', 'tmpfs', 'tmpfs', '/run');
mkdirSync('/run/rpcbind');
const daemon = spawn('rpcbind', ['-f'], { stdio: ['ignore', 'inherit', 'inherit'] });
daemon.on('error', error => {
  console.error('rpcbind cannot be started; it comes with the package nfs-common:', error.message);
  process.exitCode = 1;
});
const ask = (version, procedure) =>
  askRpc({ address: '127.0.0.1', port: 111, program: 100000, version, procedure }, { timeoutMs: 2000 });
let found = await ask(2, 0);
for (let i = 0; i < 200 && !found.ok && process.exitCode === undefined; i++) {
  await sleep(25);
  found = await ask(2, 0);
}
const dump = await ask(2, 4);
const programs = [];
for (let at = 0; dump.ok && dump.result.readUInt32BE(at) === 1; at += 20) programs.push(dump.result.readUInt32BE(at + 4));
const older = await ask(1, 0);
const unregistered = await listExports('127.0.0.1');
const unregistered6 = await listExports('::1');
daemon.kill();
console.log(JSON.stringify({ found, programs, older, unregistered, unregistered6 }));
`;
