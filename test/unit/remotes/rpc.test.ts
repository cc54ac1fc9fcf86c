import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askRpc } from '../../../src/remotes/rpc.ts';
import { decodeReply } from '../../../src/remotes/rpc-message.ts';
import { RecordReader } from '../../../src/remotes/rpc-record.ts';
import { Malformed } from '../../../src/remotes/xdr.ts';
import {
  accepted,
  type FakeRpcServer,
  type FakeRpcServerOptions,
  record,
  startRpcServer,
  words,
} from '../../fakes/rpc-server.ts';

const running: FakeRpcServer[] = [];

async function serve(options: FakeRpcServerOptions = {}) {
  const server = await startRpcServer(options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});

const ask = (
  port: number,
  more: { timeoutMs?: number; signal?: AbortSignal; version?: number; program?: number } = {},
) =>
  askRpc(
    { address: '127.0.0.1', port, program: more.program ?? 100003, version: more.version ?? 4, procedure: 0 },
    { timeoutMs: more.timeoutMs ?? 5000, signal: more.signal },
  );

describe('asking a server over RPC', () => {
  test('a server that serves the version answers', async () => {
    const server = await serve();
    expect(await ask(server.port)).toEqual({ ok: true, result: Buffer.alloc(0) });
    expect(server.calls).toMatchObject([{ program: 100003, version: 4, procedure: 0, flavor: 0 }]);
  });

  test('an answer that lies there while this process is busy is no silence of the server', async () => {
    const server = await serve();
    const asking = ask(server.port, { timeoutMs: 200 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    expect(await asking).toMatchObject({ ok: true });
  });

  test('a version that is not served is told with those that are', async () => {
    const server = await serve({ programs: [{ program: 100003, low: 3, high: 3 }] });
    expect(await ask(server.port)).toEqual({ ok: false, fault: 'version-missing', low: 3, high: 3 });
  });

  test('a program that is not served is told', async () => {
    const server = await serve({ programs: [] });
    expect(await ask(server.port)).toEqual({ ok: false, fault: 'program-missing' });
  });

  test('a port where nobody listens refuses', async () => {
    const server = await serve();
    await server.stop();
    expect(await ask(server.port)).toEqual({ ok: false, fault: 'refused' });
  });

  test('a server that accepts and says nothing hangs, and the connection to it is not kept', async () => {
    const server = await serve({ misbehave: 'hang' });
    expect(await ask(server.port, { timeoutMs: 100 })).toEqual({ ok: false, fault: 'hung' });
    await until(() => server.openConnections() === 0);
  });

  test('a stopped process, whose kernel still accepts, hangs', async () => {
    const silent = createServer({ pauseOnConnect: true });
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    try {
      expect(await ask((silent.address() as AddressInfo).port, { timeoutMs: 100 })).toEqual({
        ok: false,
        fault: 'hung',
      });
    } finally {
      silent.close();
    }
  });

  test.each(['close', 'reset'] as const)(
    'a server that ends the connection (%s) is told at once, not at the limit',
    async misbehave => {
      const server = await serve({ misbehave });
      expect(await ask(server.port, { timeoutMs: 60_000 })).toEqual({ ok: false, fault: 'closed' });
    },
  );

  test('a reply in many small pieces and several fragments is put together', async () => {
    const server = await serve({
      misbehave: (call, socket) => void drip(socket, fragmented(accepted(call.xid, 0, words(7)))),
    });
    expect(await ask(server.port)).toEqual({ ok: true, result: words(7) });
  });

  test('an HTTP server is not taken for an RPC server', async () => {
    const server = await serve({ misbehave: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') } });
    expect(await ask(server.port)).toMatchObject({ ok: false, fault: 'not-rpc' });
  });

  test('a reply larger than 1 MiB is not waited for', async () => {
    const server = await serve({ misbehave: { bytes: words(0x80000000 + 1024 * 1024 + 1) } });
    expect(await ask(server.port, { timeoutMs: 60_000 })).toMatchObject({ ok: false, fault: 'not-rpc' });
  });

  test('an endless row of empty fragments ends at the same limit', async () => {
    const server = await serve({ misbehave: { bytes: Buffer.alloc(2 * 1024 * 1024) } });
    expect(await ask(server.port, { timeoutMs: 60_000 })).toMatchObject({ ok: false, fault: 'not-rpc' });
  });

  test('a reply that ends too early is told', async () => {
    const server = await serve({ misbehave: (call, socket) => void socket.write(record(words(call.xid, 1, 0))) });
    expect(await ask(server.port)).toEqual({ ok: false, fault: 'not-rpc', detail: 'the reply ends too early' });
  });

  test('a reply to another question is not believed', async () => {
    const server = await serve({
      misbehave: (call, socket) => void socket.write(record(accepted((call.xid + 1) % 2 ** 32, 0))),
    });
    expect(await ask(server.port)).toMatchObject({ ok: false, fault: 'not-rpc' });
  });

  test('a server that wants Kerberos is told from one that is down', async () => {
    const server = await serve({ misbehave: (call, socket) => void socket.write(record(words(call.xid, 1, 1, 1, 5))) });
    const answer = await ask(server.port);
    expect(answer).toMatchObject({ ok: false, fault: 'denied', detail: expect.stringContaining('Kerberos') });
  });

  test('a question can be called off, before and while it is asked', async () => {
    const server = await serve({ misbehave: 'hang' });
    expect(await ask(server.port, { signal: AbortSignal.abort() })).toEqual({ ok: false, fault: 'cancelled' });
    expect(server.openConnections()).toBe(0);
    const stop = new AbortController();
    const asked = ask(server.port, { timeoutMs: 60_000, signal: stop.signal });
    await until(() => server.calls.length === 1);
    stop.abort();
    expect(await asked).toEqual({ ok: false, fault: 'cancelled' });
    await until(() => server.openConnections() === 0);
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])('a port that is none (%s) is an answer, not a crash', async port => {
    expect(await ask(port)).toMatchObject({ ok: false, fault: 'no-route' });
  });
});

describe('whatever bytes come', () => {
  test('reading a reply gives a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, fits) => {
        // Half of them begin like a true reply, so that what lies behind the first words is reached too.
        const reply = fits ? Buffer.concat([words(9, 1, bytes.length % 2), Buffer.from(bytes)]) : Buffer.from(bytes);
        expect(typeof decodeReply(9, reply).ok).toBe('boolean');
      }),
    );
  });

  test('however a record is cut, the same message comes out', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, cuts, (bytes, fragments, chunks) => {
        const reader = new RecordReader(10_000);
        const wire = fragmented(Buffer.from(bytes), fragments);
        const out = pieces(wire, chunks)
          .map(chunk => reader.push(chunk))
          .filter(each => each !== undefined);
        expect(out).toEqual([Buffer.from(bytes)]);
      }),
    );
  });

  test('a record reader stops at its limit', () => {
    expect(() => new RecordReader(100).push(words(0x80000000 + 101))).toThrow(Malformed);
    expect(() => new RecordReader(100).push(Buffer.alloc(104))).toThrow(Malformed);
  });
});

function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    out.push(bytes.subarray(at, at + size));
    at += size;
  }
  return out;
}

function fragmented(message: Buffer, sizes: readonly number[] = [5]): Buffer {
  const fragments = pieces(message, sizes).map(part => Buffer.concat([words(part.length), part]));
  return Buffer.concat([...fragments, words(0x80000000)]);
}

async function drip(socket: Socket, bytes: Buffer): Promise<void> {
  for (const piece of pieces(bytes, [3])) {
    socket.write(piece);
    await sleep(1);
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(10);
  expect(holds()).toBe(true);
}
