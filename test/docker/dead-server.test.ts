import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage();
const sockets = new Set<Socket>();
let silent: Server | undefined;

beforeAll(async () => {
  silent = await listen();
  const closed = await listen();
  const refusing = portOf(closed);
  await new Promise(done => closed.close(done));
  const nfs = (port: number) => ({ type: 'nfs4', addr: '127.0.0.1', port, path: '/export' });
  await stage.plugin.configure(remoteDirs({ ...twoDirs, refusing: nfs(refusing), silent: nfs(portOf(silent)) }));
  await stage.create('good@disk');
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent?.close();
});

describe.each([
  ['refusing', /does not answer: .*refused the connection/],
  ['silent', /does not answer: .*did not answer/],
])('beside a server that is %s', (label, reason) => {
  test('a volume there is refused soon, with the reason', async () => {
    const { seconds, result } = await timed(() => stage.createFails(`x@${label}`));
    process.stderr.write(`create on a ${label} server: refused after ${seconds.toFixed(1)} s\n`);

    expect(result).toMatch(reason);
    expect(result).toContain(`"${label}"`);
    // Five seconds are promised; the rest is for a busy machine.
    expect(seconds).toBeLessThan(15);
  });

  test('the volumes of a good remote dir are listed, inspected and used at once', async () => {
    await stage.createFails(`y@${label}`);
    const { seconds, result } = await timed(async () => {
      const names = await stage.volumes();
      const { Status } = await stage.inspect('good@disk');
      return { names, state: Status['state'], text: await stage.run(['-v', 'good@disk:/x'], 'echo fine') };
    });
    process.stderr.write(`ls, inspect and run beside a ${label} server: ${seconds.toFixed(1)} s\n`);

    expect(result).toEqual({ names: ['good@disk'], state: 'ok', text: 'fine' });
    expect(seconds).toBeLessThan(10);
  });

  test('a volume nobody knows is still no volume', async () => {
    expect(await stage.docker.fails('volume', 'inspect', `unknown@${label}`)).toMatch(/no such volume/i);
  });
});

async function listen(): Promise<Server> {
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => sockets.delete(socket)));
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}
