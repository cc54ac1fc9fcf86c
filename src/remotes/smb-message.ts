// The first message of every SMB connection, NEGOTIATE (MS-SMB2 2.2.3 and 2.2.4): which versions do you speak? It says
// nothing about us, so it can be asked without a login. Everything is little-endian, but for the length in front.

import { randomBytes } from 'node:crypto';
import { Malformed } from './xdr.ts';

/** In the order in which they came. */
export const dialects: ReadonlyMap<number, string> = new Map([
  [0x0202, '2.0.2'],
  [0x0210, '2.1'],
  [0x0300, '3.0'],
  [0x0302, '3.0.2'],
  [0x0311, '3.1.1'],
]);

export type Negotiated =
  | { readonly ok: true; readonly dialect: string }
  /** It speaks SMB, and none of the versions it was asked for. */
  | { readonly ok: false; readonly fault: 'no-dialect' }
  | { readonly ok: false; readonly fault: 'not-smb'; readonly detail: string };

const HEADER = 64;
const NOT_SUPPORTED = 0xc00000bb;

export function encodeNegotiate(wanted: readonly number[]): Buffer {
  const list = Buffer.alloc(wanted.length * 2);
  for (const [index, dialect] of wanted.entries()) list.writeUInt16LE(dialect, index * 2);
  const body = Buffer.alloc(36);
  body.writeUInt16LE(36, 0);
  body.writeUInt16LE(wanted.length, 2);
  // Signing enabled; a server that requires it says so, and does not hang up.
  body.writeUInt16LE(1, 4);
  // Encryption, which some servers want to hear of before they offer version 3.
  body.writeUInt32LE(wanted.some(dialect => dialect >= 0x0300) ? 0x40 : 0, 8);
  randomBytes(16).copy(body, 12);
  const contexts = wanted.includes(0x0311) ? [integrity(), encryption()] : [];
  const at = padded(HEADER + body.length + list.length);
  if (contexts.length > 0) {
    body.writeUInt32LE(at, 28);
    body.writeUInt16LE(contexts.length, 32);
  }
  const gap = contexts.length > 0 ? Buffer.alloc(at - HEADER - body.length - list.length) : Buffer.alloc(0);
  return framed(Buffer.concat([header(), body, list, gap, ...contexts]));
}

/** Undefined until all of it has come. */
export function decodeNegotiate(bytes: Buffer): Negotiated | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, fault: 'not-smb', detail: error.message };
    throw error;
  }
}

function decode(bytes: Buffer): Negotiated | undefined {
  if (bytes.length >= 1 && bytes[0] !== 0) throw new Malformed('the answer does not begin as one of SMB');
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length < HEADER || length > MOST) throw new Malformed(`an answer of ${length} bytes`);
  // Of the answer itself only the version is asked for.
  if (bytes.length < 4 + HEADER) return undefined;
  const message = bytes.subarray(4);
  if (message.readUInt32BE(0) !== SIGNATURE) throw new Malformed('the answer does not begin as one of SMB');
  const status = message.readUInt32LE(8);
  if (status === NOT_SUPPORTED) return { ok: false, fault: 'no-dialect' };
  if (status !== 0) throw new Malformed(`status ${status.toString(16)}`);
  if (message.length < HEADER + 6) return undefined;
  const number = message.readUInt16LE(HEADER + 4);
  const dialect = dialects.get(number);
  if (dialect === undefined) throw new Malformed(`version ${number.toString(16)}, which nobody asked for`);
  return { ok: true, dialect };
}

const MOST = 1024 * 1024;
/** FE 'S' 'M' 'B' */
const SIGNATURE = 0xfe534d42;

function header(): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32BE(SIGNATURE, 0);
  bytes.writeUInt16LE(HEADER, 4);
  // Credits asked for; all the rest is 0 in a first message.
  bytes.writeUInt16LE(1, 14);
  return bytes;
}

/** SHA-512 over what is said first, with a salt: no server answers to 3.1.1 without it. */
function integrity(): Buffer {
  const data = Buffer.alloc(6 + 32);
  data.writeUInt16LE(1, 0);
  data.writeUInt16LE(32, 2);
  data.writeUInt16LE(1, 4);
  randomBytes(32).copy(data, 6);
  return context(1, data);
}

/** AES-128-GCM, AES-128-CCM. */
function encryption(): Buffer {
  const data = Buffer.alloc(6);
  data.writeUInt16LE(2, 0);
  data.writeUInt16LE(2, 2);
  data.writeUInt16LE(1, 4);
  return context(2, data);
}

function context(type: number, data: Buffer): Buffer {
  const bytes = Buffer.alloc(padded(8 + data.length));
  bytes.writeUInt16LE(type, 0);
  bytes.writeUInt16LE(data.length, 2);
  data.copy(bytes, 8);
  return bytes;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length, 0);
  return Buffer.concat([length, message]);
}

const padded = (length: number) => Math.ceil(length / 8) * 8;
