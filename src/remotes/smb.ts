// Which version of SMB does a server speak? Asked before a mount, and again to say why one has failed.

import { askOverTcp, type TcpFault, type TcpLimits } from './ask-over-tcp.ts';
import { decodeNegotiate, encodeNegotiate, type Negotiated } from './smb-message.ts';

export interface SmbQuestion {
  readonly address: string;
  readonly port: number;
  /** Which versions are asked for, the numbers of the protocol; all of this century where nothing is said. */
  readonly wanted?: readonly number[];
}

export type SmbAnswer = Negotiated | TcpFault;
export type SmbFault = Extract<SmbAnswer, { ok: false }>['fault'];

const EVERY = [0x0202, 0x0210, 0x0300, 0x0302, 0x0311];

/** Never rejects: whatever the other side does is an answer. */
export function askSmb({ address, port, wanted = EVERY }: SmbQuestion, limits: TcpLimits): Promise<SmbAnswer> {
  let received = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    return decodeNegotiate(received);
  };
  return askOverTcp<Negotiated>({ address, port, request: encodeNegotiate(wanted), read }, limits);
}
