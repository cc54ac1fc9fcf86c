import { afterEach, expect, test } from '@jest/globals';
import { nfsDriver } from '../../../src/drivers/nfs.ts';
import { firstThatAnswers } from '../../../src/remotes/first-address.ts';
import { probe } from '../../../src/remotes/probe.ts';
import { addrsOf, byEachAddress, type RemoteDir, sourceOf } from '../../../src/remotes/remote-dir.ts';
import { type FakeRpcServer, type FakeRpcServerOptions, startRpcServer } from '../../fakes/rpc-server.ts';

const running: FakeRpcServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});

const dirOf = (...addrs: string[]): RemoteDir => ({
  label: 'nas',
  type: 'nfs4',
  ...(addrs[0] === undefined ? {} : { addr: addrs[0] }),
  ...(addrs.length > 1 ? { addrs } : {}),
  path: '/export',
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
});

/** Real servers, each at its address; the fakes cannot share a port, so each is asked at its own. */
async function ask(addrs: readonly string[], servers: Readonly<Record<string, FakeRpcServerOptions>>) {
  const ports = new Map<string, number>();
  for (const [host, options] of Object.entries(servers)) {
    const server = await startRpcServer({ host, ...options });
    running.push(server);
    ports.set(host, server.port);
  }
  const started = performance.now();
  const reached = await firstThatAnswers(byEachAddress(dirOf(...addrs)), dir =>
    probe(nfsDriver('nfs4').probe({ ...dir, port: ports.get(dir.addr ?? '') ?? 1 }), { timeoutMs: 500 }),
  );
  return { reached, milliseconds: performance.now() - started };
}

test('the first address is used when it answers, whoever else does', async () => {
  const { reached } = await ask(['127.0.0.2', '127.0.0.3'], { '127.0.0.2': {}, '127.0.0.3': {} });
  expect(reached).toMatchObject({ ok: true, dir: { addr: '127.0.0.2' } });
});

test.each([
  ['refuses', { '127.0.0.3': {} }],
  ['says nothing', { '127.0.0.2': { misbehave: 'hang' as const }, '127.0.0.3': {} }],
  ['is no NFS server', { '127.0.0.2': { programs: [] }, '127.0.0.3': {} }],
])('the next one is used when the first %s, and nobody waits for one after the other', async (_, servers) => {
  const { reached, milliseconds } = await ask(['127.0.0.2', '127.0.0.3', '127.0.0.4'], servers);
  expect(reached).toMatchObject({ ok: true, dir: { addr: '127.0.0.3' } });
  expect(milliseconds).toBeLessThan(1500);
});

test('IPv4 and IPv6 addresses may stand side by side', async () => {
  const { reached } = await ask(['127.0.0.2', '::1'], { '::1': {} });
  expect(reached).toMatchObject({ ok: true, dir: { addr: '::1' } });
  expect(reached.ok && sourceOf(reached.dir)).toBe('[::1]:/export');
});

test('with no answer at all, each address says what is wrong with it', async () => {
  const { reached } = await ask(['127.0.0.2', '127.0.0.3'], { '127.0.0.3': { misbehave: 'hang' } });
  expect(reached).toMatchObject({ ok: false, problem: expect.stringMatching(/^127\.0\.0\.2 .*; 127\.0\.0\.3 /) });
});

test('the one that is used comes first, and the others keep their order', () => {
  const dir = { ...dirOf('a', 'b', 'c'), addr: 'b' };
  expect(byEachAddress(dir).map(({ addr }) => addr)).toEqual(['b', 'a', 'c']);
  expect(byEachAddress(dirOf('a')).map(({ addr }) => addr)).toEqual(['a']);
  const { addr: _, ...local } = dirOf();
  expect(byEachAddress(local)).toEqual([local]);
  expect([addrsOf(dir), addrsOf(dirOf('a')), addrsOf(local)]).toEqual([['a', 'b', 'c'], ['a'], []]);
});
