// A real TCP server on loopback that answers the first message of SMB, or misbehaves. It builds its bytes by hand and reads
// questions strictly: shared code with the program would hide a fault that both make.

import { startRecordServer } from './record-server.ts';

export interface FakeSmbServer {
  readonly port: number;
  /** The versions that were asked for, question by question. */
  readonly asked: readonly (readonly number[])[];
  stop(): Promise<void>;
}

export interface FakeSmbOptions {
  /** What it speaks: 0x0210 is 2.1, 0x0311 is 3.1.1. */
  readonly speaks?: readonly number[];
  readonly misbehave?: 'hang' | 'close' | { readonly bytes: Buffer };
  /** Sends the answer byte by byte. */
  readonly slowly?: true;
}

export async function startSmbServer(options: FakeSmbOptions = {}): Promise<FakeSmbServer> {
  const { speaks = [0x0210, 0x0300, 0x0302, 0x0311], misbehave, slowly } = options;
  const asked: number[][] = [];
  const { port, stop } = await startRecordServer((received, socket) => {
    const wanted = readNegotiate(received);
    asked.push(wanted);
    if (misbehave === 'hang') return;
    if (misbehave === 'close') return void socket.end();
    const bytes = misbehave?.bytes ?? answerTo(wanted, speaks);
    if (slowly === undefined) socket.write(bytes);
    else for (const byte of bytes) socket.write(Buffer.of(byte));
  });
  return { port, asked, stop };
}

/** Strict, as [MS-SMB2] 2.2.3 has it: what a server would hang up on is an error here. */
function readNegotiate(bytes: Buffer): number[] {
  const message = bytes.subarray(4);
  if (message.length !== bytes.readUInt32BE(0)) throw new Error('more than one message');
  if (message.toString('latin1', 0, 4) !== '\xfeSMB' || message.readUInt16LE(4) !== 64) throw new Error('no header');
  if (message.readUInt16LE(12) !== 0) throw new Error('not a negotiate');
  const body = message.subarray(64);
  if (body.readUInt16LE(0) !== 36) throw new Error('not the body of one');
  const wanted = Array.from({ length: body.readUInt16LE(2) }, (_, index) => body.readUInt16LE(36 + 2 * index));
  if (wanted.includes(0x0311)) checkContexts(message, body.readUInt32LE(28), body.readUInt16LE(32));
  else if (body.readBigUInt64LE(28) !== 0n) throw new Error('a start time');
  return wanted;
}

function checkContexts(message: Buffer, offset: number, count: number): void {
  const types: number[] = [];
  let at = offset;
  for (let index = 0; index < count; index += 1) {
    if (at % 8 !== 0) throw new Error('a context that is not aligned');
    types.push(message.readUInt16LE(at));
    at = Math.ceil((at + 8 + message.readUInt16LE(at + 2)) / 8) * 8;
  }
  if (at !== message.length || !types.includes(1)) throw new Error(`contexts ${types.join()} end at ${at}`);
}

export function answerTo(wanted: readonly number[], speaks: readonly number[]): Buffer {
  const best = Math.max(...wanted.filter(dialect => speaks.includes(dialect)));
  const message = Buffer.alloc(64 + 64);
  message.write('\xfeSMB', 0, 'latin1');
  message.writeUInt16LE(64, 4);
  message.writeUInt32LE(Number.isFinite(best) ? 0 : 0xc00000bb, 8);
  message.writeUInt16LE(Number.isFinite(best) ? 65 : 9, 64);
  message.writeUInt16LE(Number.isFinite(best) ? best : 0, 68);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length, 0);
  return Buffer.concat([length, message]);
}
