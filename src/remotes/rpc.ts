// One question over one TCP connection, in plain Node: no helper program, no pool thread, nothing left behind.

import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { printable } from '../errors.ts';
import { afterOwnTime } from '../system/own-time.ts';
import { type Call, decodeReply, encodeCall, type Reply } from './rpc-message.ts';
import { RecordReader } from './rpc-record.ts';
import { Malformed } from './xdr.ts';

export interface RpcQuestion extends Call {
  /** An address, never a name: names are resolved before, so that one limit covers both. */
  readonly address: string;
  readonly port: number;
}

export interface RpcLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type RpcAnswer =
  | Reply
  | { readonly ok: false; readonly fault: 'refused' | 'filtered' | 'hung' | 'closed' | 'cancelled' }
  | { readonly ok: false; readonly fault: 'no-route'; readonly detail: string };

export type RpcRefusal = Exclude<RpcAnswer, { readonly ok: true }>;
export type RpcFault = RpcRefusal['fault'];

const MAX_REPLY = 1024 * 1024;

/** Never rejects: whatever the other side does is an answer. */
export function askRpc(question: RpcQuestion, limits: RpcLimits): Promise<RpcAnswer> {
  return new Promise(resolve => {
    if (limits.signal?.aborted) return resolve({ ok: false, fault: 'cancelled' });
    const socket = open(question);
    if (socket === undefined)
      return resolve({ ok: false, fault: 'no-route', detail: `there is no port ${question.port}` });

    const xid = randomInt(2 ** 32);
    const record = new RecordReader(MAX_REPLY);
    let connected = false;
    const settle = (answer: RpcAnswer) => {
      stopTimer();
      limits.signal?.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(answer);
    };
    const cancel = () => settle({ ok: false, fault: 'cancelled' });
    const late = () => settle({ ok: false, fault: connected ? 'hung' : 'filtered' });
    const stopTimer = afterOwnTime(limits.timeoutMs, late);
    limits.signal?.addEventListener('abort', cancel, { once: true });

    socket.on('connect', () => {
      connected = true;
      socket.write(encodeCall(xid, question));
    });
    socket.on('data', chunk => {
      const answer = read(record, xid, chunk);
      if (answer !== undefined) settle(answer);
    });
    socket.on('error', error => settle(connected ? { ok: false, fault: 'closed' } : unreached(error)));
    socket.on('close', () => settle({ ok: false, fault: 'closed' }));
  });
}

/** Undefined when the port is none: connect throws then, where for all else it reports. */
function open(question: RpcQuestion): Socket | undefined {
  const { address, port } = question;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return connect({ host: address, port, noDelay: true, autoSelectFamily: false });
}

function read(record: RecordReader, xid: number, chunk: Buffer): RpcAnswer | undefined {
  try {
    const complete = record.push(chunk);
    return complete === undefined ? undefined : decodeReply(xid, complete);
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, fault: 'not-rpc', detail: error.message };
    throw error;
  }
}

function unreached({ code, message }: NodeJS.ErrnoException): RpcAnswer {
  if (code === 'ECONNREFUSED') return { ok: false, fault: 'refused' };
  if (code === 'ETIMEDOUT') return { ok: false, fault: 'filtered' };
  if (code === 'ECONNRESET') return { ok: false, fault: 'closed' };
  return { ok: false, fault: 'no-route', detail: code ?? printable(message) };
}
