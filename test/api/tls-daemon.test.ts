// The plugin as a process of its own, with a remote dir behind a real TLS front: its proxies outlive it.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '../docker/free-port.ts';
import { until } from '../docker/until.ts';
import { makeAuthority, makeCertificate } from '../fakes/authority.ts';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';
import { type Daemon, startDaemon } from '../fakes/daemon-process.ts';
import { startRpcServer } from '../fakes/rpc-server.ts';
import { startTlsServer } from '../fakes/tls-server.ts';
import { useTempFolder } from '../temp-folder.ts';

const at = useTempFolder();
const running: (() => unknown)[] = [];
let built: BuiltPlugin;
let remoteDirs: Record<string, object>;

beforeAll(() => {
  built = buildPlugin();
}, 90_000);
afterAll(() => built.remove());

beforeEach(async () => {
  mkdirSync(at('tls'));
  const server = await startRpcServer();
  running.push(() => server.stop());
  const port = await freePort();
  const certificate = makeCertificate(makeAuthority(at('tls'), 'ours'), 'server', 'DNS:nas.example');
  const front = await startTlsServer(at('tls'), { address: '127.0.0.1', port, to: server.port, certificate });
  running.push(() => front.stop());
  const nas = { type: 'nfs4', addr: '127.0.0.1', port, path: '/export', tls: true };
  remoteDirs = { nas: { ...nas, 'tls-verify': false }, strict: { ...nas, path: '/other' } };
});

afterEach(async () => {
  for (const end of running.splice(0)) await end();
  for (const pid of proxies()) process.kill(pid, 'SIGKILL');
});

async function start(dirs: Record<string, object>): Promise<Daemon> {
  const daemon = await startDaemon(built, at('plugin'), { remoteDirs: dirs });
  running.unshift(() => daemon.end('SIGKILL'));
  return daemon;
}

/** The numbers of our proxies, whose configurations lie in the folder of this test. */
function proxies(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => argumentsOf(pid)[1]?.startsWith(at('plugin/run/tls/')) === true);
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

const places = () =>
  proxies()
    .map(pid => argumentsOf(pid)[1])
    .sort();

test('each server has a proxy, which lives on when the plugin ends, and is replaced at the same place by the next life', async () => {
  const first = await start(remoteDirs);
  await until('both proxies are there', 20_000, () => (proxies().length === 2 ? true : undefined));
  await until('the server behind a foreign authority is refused', 20_000, () =>
    first.output().includes('shows a certificate on port') ? true : undefined,
  );
  expect(first.output()).toContain('tls-verify is false');
  const where = places();
  let daemon = first;
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const before = proxies();
    await daemon.end(signal);
    expect(proxies()).toEqual(before);
    daemon = await start(remoteDirs);
    await until('other processes are at their places', 20_000, () =>
      proxies().length === 2 && proxies().every(pid => !before.includes(pid)) ? true : undefined,
    );
    expect(places()).toEqual(where);
  }
});

test('a proxy of a remote dir that is gone from the settings, through which no mount goes, ends', async () => {
  const first = await start(remoteDirs);
  await until('both proxies are there', 20_000, () => (proxies().length === 2 ? true : undefined));
  await first.end('SIGKILL');
  expect(proxies()).toHaveLength(2);
  await start({ strict: remoteDirs['strict'] as object });
  await until('one proxy is left', 20_000, () => (proxies().length === 1 ? true : undefined));
});
