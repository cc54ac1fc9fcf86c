import { afterEach, describe, expect, test } from '@jest/globals';
import { probe } from '../../../src/remotes/probe.ts';
import { askSmb } from '../../../src/remotes/smb.ts';
import { decodeNegotiate } from '../../../src/remotes/smb-message.ts';
import { answerTo, type FakeSmbOptions, type FakeSmbServer, startSmbServer } from '../../fakes/smb-server.ts';

const running: FakeSmbServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});

async function serve(options: FakeSmbOptions = {}) {
  const server = await startSmbServer(options);
  running.push(server);
  return server;
}

const ask = (port: number, wanted?: readonly number[]) =>
  askSmb({ address: '127.0.0.1', port, ...(wanted === undefined ? {} : { wanted }) }, { timeoutMs: 2000 });
const probed = async (port: number, timeoutMs = 2000) =>
  await probe({ kind: 'smb', host: '127.0.0.1', port }, { timeoutMs });

describe('asking an SMB server for its version', () => {
  test.each([
    [[0x0210], '2.1'],
    [[0x0202], '2.0.2'],
    [[0x0210, 0x0300], '3.0'],
    [[0x0210, 0x0302], '3.0.2'],
    [[0x0210, 0x0300, 0x0302, 0x0311], '3.1.1'],
  ])('one that speaks %j settles on %s', async (speaks, dialect) => {
    const server = await serve({ speaks });
    expect(await ask(server.port)).toEqual({ ok: true, dialect });
    expect(server.asked).toEqual([[0x0202, 0x0210, 0x0300, 0x0302, 0x0311]]);
  });

  test('one version can be asked for alone, and one that the server has not is told from no answer', async () => {
    const { port } = await serve({ speaks: [0x0311] });
    expect(await ask(port, [0x0210])).toEqual({ ok: false, fault: 'no-dialect' });
    expect(await ask(port, [0x0311])).toEqual({ ok: true, dialect: '3.1.1' });
  });

  test('an answer that comes byte by byte is waited for', async () => {
    const { port } = await serve({ slowly: true });
    expect(await ask(port)).toEqual({ ok: true, dialect: '3.1.1' });
  });

  test('no part of an answer is taken for all of it, and no bytes whatever make it throw', () => {
    const whole = answerTo([0x0311], [0x0311]);
    for (let length = 0; length < 4 + 64 + 6; length += 1)
      expect(decodeNegotiate(whole.subarray(0, length))).toBeUndefined();
    expect(decodeNegotiate(whole)).toEqual({ ok: true, dialect: '3.1.1' });
    for (let at = 0; at < whole.length; at += 1) {
      const other = Buffer.from(whole);
      other.writeUInt8(255 - (other[at] ?? 0), at);
      expect(decodeNegotiate(other)).not.toBeNull();
    }
  });

  test.each<[string, FakeSmbOptions, RegExp]>([
    ['speaks only SMB 1, and hangs up', { misbehave: 'close' }, /closed it without an answer \(.*speak only SMB 1/],
    ['speaks none of these versions', { speaks: [] }, /answers on port \d+ but speaks none of SMB 2\.1 to 3\.1\.1/],
    [
      'is a web server',
      { misbehave: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n') } },
      /not as an SMB server does/,
    ],
    [
      'answers in SMB 1',
      {
        misbehave: {
          bytes: Buffer.concat([Buffer.of(0, 0, 0, 80), Buffer.from('\xffSMB', 'latin1'), Buffer.alloc(76)]),
        },
      },
      /not as an SMB server does/,
    ],
    ['has a fault of its own', { misbehave: { bytes: failing() } }, /not as an SMB server does: status c000009a/],
  ])('a server that %s is described', async (_, options, says) => {
    const { port } = await serve(options);
    expect(await probed(port)).toMatchObject({ ok: false, problem: expect.stringMatching(says) });
  });

  test('a server that accepts and is silent, and one that is not there, are told apart', async () => {
    const hangs = await serve({ misbehave: 'hang' });
    expect(await probed(hangs.port, 200)).toMatchObject({ ok: false, fault: 'hung' });
    const { port, stop } = await serve();
    await stop();
    expect(await probed(port)).toEqual({
      ok: false,
      fault: 'refused',
      problem: `127.0.0.1 refused the connection on port ${port} (is the SMB server running there?)`,
    });
  });
});

function failing(): Buffer {
  const bytes = answerTo([0x0311], [0x0311]);
  bytes.writeUInt32LE(0xc000009a, 12);
  return bytes;
}
