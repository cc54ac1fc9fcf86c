// One question to an RPC service, in plain Node.

import { randomInt } from 'node:crypto';
import { askOverTcp, type TcpFault, type TcpLimits } from './ask-over-tcp.ts';
import { type Call, decodeReply, encodeCall, type Reply } from './rpc-message.ts';
import { RecordReader } from './rpc-record.ts';
import { Malformed } from './xdr.ts';

export interface RpcQuestion extends Call {
  /** An address, never a name: names are resolved before, so that one limit covers both. */
  readonly address: string;
  readonly port: number;
}

export type RpcLimits = TcpLimits;
export type RpcAnswer = Reply | TcpFault;

export type RpcRefusal = Exclude<RpcAnswer, { readonly ok: true }>;
export type RpcFault = RpcRefusal['fault'];

const MAX_REPLY = 1024 * 1024;

/** Never rejects: whatever the other side does is an answer. */
export function askRpc(question: RpcQuestion, limits: RpcLimits): Promise<RpcAnswer> {
  const xid = randomInt(2 ** 32);
  const record = new RecordReader(MAX_REPLY);
  const request = encodeCall(xid, question);
  return askOverTcp<Reply>({ ...question, request, read: chunk => read(record, xid, chunk) }, limits);
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
