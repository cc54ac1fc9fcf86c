// ONC RPC version 2 (RFC 5531): one call as bytes, and what a reply says. Pure.

import { Malformed, opaque, uints, XdrReader } from './xdr.ts';

export interface Call {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** The arguments, already XDR. */
  readonly args?: Buffer;
  /** Some servers tell their exports only to a caller that says who it is. */
  readonly caller?: { readonly host: string; readonly uid: number; readonly gid: number };
}

export type Reply =
  | { readonly ok: true; readonly result: Buffer }
  | { readonly ok: false; readonly fault: 'program-missing' }
  | { readonly ok: false; readonly fault: 'version-missing'; readonly low: number; readonly high: number }
  | { readonly ok: false; readonly fault: 'denied' | 'not-rpc'; readonly detail: string };

const CALL = 0;
const REPLY = 1;
const RPC_VERSION = 2;
const AUTH_SYS = 1;
const LAST_FRAGMENT = 0x80000000;

/** A whole record: its length in front, as TCP needs it. */
export function encodeCall(xid: number, call: Call): Buffer {
  const message = Buffer.concat([
    uints(xid, CALL, RPC_VERSION, call.program, call.version, call.procedure),
    credential(call.caller),
    uints(0, 0),
    call.args ?? Buffer.alloc(0),
  ]);
  return Buffer.concat([uints(LAST_FRAGMENT + message.length), message]);
}

/** Whatever the bytes are, the outcome is a value. */
export function decodeReply(xid: number, record: Buffer): Reply {
  try {
    return reply(xid, new XdrReader(record));
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, fault: 'not-rpc', detail: error.message };
    throw error;
  }
}

function credential(caller: Call['caller']): Buffer {
  if (caller === undefined) return uints(0, 0);
  const stamp = uints(0);
  const body = Buffer.concat([stamp, opaque(caller.host.slice(0, 63)), uints(caller.uid, caller.gid, 0)]);
  return Buffer.concat([uints(AUTH_SYS), opaque(body)]);
}

function reply(xid: number, reader: XdrReader): Reply {
  if (reader.uint() !== xid) throw new Malformed('the reply belongs to another question');
  if (reader.uint() !== REPLY) throw new Malformed('a question came instead of a reply');
  const status = reader.uint();
  if (status === 0) return accepted(reader);
  if (status === 1) return rejected(reader);
  throw new Malformed(`the reply status is ${status}`);
}

function accepted(reader: XdrReader): Reply {
  reader.uint();
  reader.opaque(400);
  const status = reader.uint();
  switch (status) {
    case 0:
      return { ok: true, result: reader.rest() };
    case 1:
      return { ok: false, fault: 'program-missing' };
    case 2:
      return { ok: false, fault: 'version-missing', low: reader.uint(), high: reader.uint() };
    case 3:
      return { ok: false, fault: 'denied', detail: 'it does not know this procedure' };
    case 4:
      return { ok: false, fault: 'denied', detail: 'it could not read the question' };
    case 5:
      return { ok: false, fault: 'denied', detail: 'it reports an error of its own' };
    default:
      throw new Malformed(`the accept status is ${status}`);
  }
}

function rejected(reader: XdrReader): Reply {
  const status = reader.uint();
  if (status === 0)
    return { ok: false, fault: 'not-rpc', detail: `it speaks RPC ${reader.uint()} to ${reader.uint()}, not 2` };
  if (status === 1) return { ok: false, fault: 'denied', detail: authentication(reader.uint()) };
  throw new Malformed(`the reject status is ${status}`);
}

function authentication(status: number): string {
  const words: Readonly<Record<number, string>> = {
    1: 'the credential is not accepted',
    2: 'the session has to begin anew',
    5: 'it wants a stronger security flavour, such as Kerberos',
  };
  return words[status] ?? `authentication error ${status}`;
}
