// A real TCP server on loopback that answers ONC RPC, or misbehaves in one of the ways servers do. It builds its bytes by
// hand and reads calls strictly: shared code with the program would hide a fault that both make.

import type { Socket } from 'node:net';
import { startRecordServer } from './record-server.ts';

export interface FakeProgram {
  readonly program: number;
  readonly low: number;
  readonly high: number;
  /** By procedure number; procedure 0 answers by itself. */
  readonly procedures?: Readonly<Record<number, (args: Buffer) => Buffer>>;
}

/** What is done with a call instead of answering it; bytes are sent as they are. */
export type Misbehaviour =
  | 'hang'
  | 'close'
  | 'reset'
  | ((call: SeenCall, socket: Socket) => void)
  | { readonly bytes: Buffer };

export interface FakeRpcServerOptions {
  readonly programs?: readonly FakeProgram[];
  readonly host?: string;
  readonly misbehave?: Misbehaviour;
}

export interface SeenCall {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly flavor: number;
  readonly args: Buffer;
}

export interface FakeRpcServer {
  readonly port: number;
  readonly calls: readonly SeenCall[];
  openConnections(): number;
  stop(): Promise<void>;
}

export const NFS = { program: 100003, low: 3, high: 4 } as const satisfies FakeProgram;

export async function startRpcServer(options: FakeRpcServerOptions = {}): Promise<FakeRpcServer> {
  const programs = options.programs ?? [NFS];
  const calls: SeenCall[] = [];
  const server = await startRecordServer((received, socket) => {
    const call = readCall(received);
    calls.push(call);
    if (options.misbehave === undefined) socket.write(record(answer(call, programs)));
    else misbehave(options.misbehave, call, socket);
  }, options.host);
  return { ...server, calls };
}

/** rpcbind for IPv4 (GETPORT) and IPv6 (GETADDR), which knows mountd at this port; 0 means that it knows nothing. */
export function rpcbind(mountdPort: number): FakeProgram {
  const universal = mountdPort === 0 ? '' : `::.${mountdPort >> 8}.${mountdPort & 255}`;
  return {
    program: 100000,
    low: 2,
    high: 4,
    procedures: {
      3: args => (args.length === 16 && args.equals(words(100005, 3, 6, 0)) ? words(mountdPort) : text(universal)),
    },
  };
}

export function mountd(exports: Readonly<Record<string, readonly string[]>>): FakeProgram {
  const nodes = Object.entries(exports).map(([path, clients]) =>
    Buffer.concat([words(1), text(path), ...clients.map(client => Buffer.concat([words(1), text(client)])), words(0)]),
  );
  return { program: 100005, low: 1, high: 3, procedures: { 5: () => Buffer.concat([...nodes, words(0)]) } };
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([words(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

export const record = (message: Buffer) => Buffer.concat([words(0x80000000 + message.length), message]);

/** Accepted with an empty verifier: status 0 is success. */
export const accepted = (xid: number, status: number, more: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([words(xid, 1, 0, 0, 0, status), more]);

function answer(call: SeenCall, programs: readonly FakeProgram[]): Buffer {
  const program = programs.find(each => each.program === call.program);
  if (program === undefined) return accepted(call.xid, 1);
  if (call.version < program.low || call.version > program.high) {
    return accepted(call.xid, 2, words(program.low, program.high));
  }
  if (call.procedure === 0) return accepted(call.xid, 0);
  const procedure = program.procedures?.[call.procedure];
  return procedure === undefined ? accepted(call.xid, 3) : accepted(call.xid, 0, procedure(call.args));
}

function misbehave(how: Misbehaviour, call: SeenCall, socket: Socket): void {
  if (how === 'hang') return;
  if (how === 'close') socket.end();
  else if (how === 'reset') socket.resetAndDestroy();
  else if (typeof how === 'function') how(call, socket);
  else socket.write(how.bytes);
}

function readCall(bytes: Buffer): SeenCall {
  const at = (index: number) => bytes.readUInt32BE(4 + 4 * index);
  if (bytes.readUInt32BE() !== 0x80000000 + bytes.length - 4) throw new Error('not one whole last fragment');
  if (at(1) !== 0 || at(2) !== 2) throw new Error('not a call of RPC version 2');
  const verifier = 4 + 4 * 8 + Math.ceil(at(7) / 4) * 4;
  if (bytes.readUInt32BE(verifier) !== 0 || bytes.readUInt32BE(verifier + 4) !== 0) throw new Error('a verifier');
  return {
    xid: at(0),
    program: at(3),
    version: at(4),
    procedure: at(5),
    flavor: at(6),
    args: bytes.subarray(verifier + 8),
  };
}
