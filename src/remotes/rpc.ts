// One question to an RPC service, in plain Node.

import { askOverTcp, type TcpFault, type TcpLimits } from './ask-over-tcp.ts';
import { rpcExchange } from './rpc-exchange.ts';
import type { Call, Reply } from './rpc-message.ts';

export interface RpcQuestion extends Call {
  /** An address, never a name: names are resolved before, so that one limit covers both. */
  readonly address: string;
  readonly port: number;
}

export type RpcLimits = TcpLimits;
export type RpcAnswer = Reply | TcpFault;

export type RpcRefusal = Exclude<RpcAnswer, { readonly ok: true }>;
export type RpcFault = RpcRefusal['fault'];

/** Never rejects: whatever the other side does is an answer. */
export function askRpc(question: RpcQuestion, limits: RpcLimits): Promise<RpcAnswer> {
  return askOverTcp<Reply>({ ...question, ...rpcExchange(question) }, limits);
}
