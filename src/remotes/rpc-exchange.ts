// One question of RPC and its answer, whatever carries the bytes.

import { randomInt } from 'node:crypto';
import { type Call, decodeReply, encodeCall, type Reply } from './rpc-message.ts';
import { RecordReader } from './rpc-record.ts';
import { Malformed } from './xdr.ts';

export interface RpcExchange {
  readonly request: Buffer;
  /** The answer, once enough of it has come. */
  readonly read: (chunk: Buffer) => Reply | undefined;
}

const MAX_REPLY = 1024 * 1024;

export function rpcExchange(call: Call): RpcExchange {
  const xid = randomInt(2 ** 32);
  const record = new RecordReader(MAX_REPLY);
  return { request: encodeCall(xid, call), read: chunk => read(record, xid, chunk) };
}

function read(record: RecordReader, xid: number, chunk: Buffer): Reply | undefined {
  try {
    const complete = record.push(chunk);
    return complete === undefined ? undefined : decodeReply(xid, complete);
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, fault: 'not-rpc', detail: error.message };
    throw error;
  }
}
