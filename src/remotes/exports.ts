// What a server exports, as it tells anybody: rpcbind says where mountd listens, mountd lists. Only NFSv3 servers and those
// that keep mountd for the purpose answer; that a list cannot be had therefore never means that there is none.

import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { askHost, type HostAnswer, type Lookup } from './ask-host.ts';
import { askRpc, type RpcQuestion } from './rpc.ts';
import { describeRefusal } from './rpc-words.ts';
import { Malformed, opaque, uints, XdrReader } from './xdr.ts';

export interface Export {
  readonly path: string;
  /** Who may mount it, in the server's own words; empty or `*` means everybody. */
  readonly clients: readonly string[];
}

export type ExportsResult =
  | { readonly ok: true; readonly exports: readonly Export[] }
  | { readonly ok: false; readonly problem: string };

export interface ExportsOptions {
  readonly timeoutMs?: number;
  readonly rpcbindPort?: number;
  readonly signal?: AbortSignal;
}

const RPCBIND = 100000;
const MOUNTD = { program: 100005, version: 3 };
const TCP = 6;
const EXPORT_PROCEDURE = 5;
const MAX_TEXT = 1024;
const MAX_ENTRIES = 10_000;

/** Never rejects. */
export async function listExports(host: string, options: ExportsOptions = {}, lookup?: Lookup): Promise<ExportsResult> {
  const list = async (address: string, server: string, timeoutMs: number): Promise<HostAnswer<readonly Export[]>> => {
    const end = performance.now() + timeoutMs;
    const ask = (question: Omit<RpcQuestion, 'address'>) =>
      askServer({ ...question, address }, server, end, options.signal);
    const port = readPort(await ask(portQuestion(address, options.rpcbindPort ?? 111)), address, server);
    if (!port.ok) return port;
    // Claiming to be root is what the mount itself will do; some servers list nothing to a caller without a name.
    const caller = { host: hostname(), uid: 0, gid: 0 };
    const listed = await ask({ ...MOUNTD, port: port.value, procedure: EXPORT_PROCEDURE, caller });
    return readWith(listed, server, 'mountd', readExports);
  };
  const answer = await askHost(host, { timeoutMs: options.timeoutMs ?? 2000, signal: options.signal, lookup }, list);
  return answer.ok ? { ok: true, exports: answer.value } : { ok: false, problem: answer.problem };
}

/** Version 2 knows IPv4 only; over IPv6 rpcbind wants version 3 or 4 and answers with a text. */
function portQuestion(address: string, port: number): Omit<RpcQuestion, 'address'> {
  const { program, version } = MOUNTD;
  if (!isIPv6(address))
    return { port, program: RPCBIND, version: 2, procedure: 3, args: uints(program, version, TCP, 0) };
  const args = Buffer.concat([uints(program, version), opaque('tcp6'), opaque(''), opaque('')]);
  return { port, program: RPCBIND, version: 4, procedure: 3, args };
}

async function askServer(
  question: RpcQuestion,
  server: string,
  end: number,
  signal?: AbortSignal,
): Promise<HostAnswer<Buffer>> {
  const timeoutMs = Math.max(1, end - performance.now());
  const answer = await askRpc(question, { timeoutMs, signal });
  if (answer.ok) return { ok: true, value: answer.result };
  return { ok: false, fault: answer.fault, problem: describeRefusal(answer, { ...question, server, timeoutMs }) };
}

function readPort(answer: HostAnswer<Buffer>, address: string, server: string): HostAnswer<number> {
  const port = readWith(answer, server, 'rpcbind', reader =>
    isIPv6(address) ? portOfUniversalAddress(reader.text(MAX_TEXT)) : reader.uint(),
  );
  if (port.ok && port.value === 0) {
    return {
      ok: false,
      fault: 'program-missing',
      problem: `rpcbind of ${server} knows of no mountd version ${MOUNTD.version} over TCP`,
    };
  }
  return port;
}

/** `::1.78.80` is port 78 * 256 + 80; an empty text means that nothing is registered. */
function portOfUniversalAddress(text: string): number {
  if (text === '') return 0;
  const match = /\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) throw new Malformed('an address of an unknown form');
  return Number(match[1]) * 256 + Number(match[2]);
}

function readExports(reader: XdrReader): readonly Export[] {
  let entries = 0;
  const count = () => {
    entries += 1;
    if (entries > MAX_ENTRIES) throw new Malformed(`a list of more than ${MAX_ENTRIES} entries`);
  };
  const exports: Export[] = [];
  while (reader.bool()) {
    count();
    const path = reader.text(MAX_TEXT);
    const clients: string[] = [];
    while (reader.bool()) {
      count();
      clients.push(reader.text(MAX_TEXT));
    }
    exports.push({ path, clients });
  }
  return exports;
}

function readWith<T>(
  answer: HostAnswer<Buffer>,
  server: string,
  service: string,
  read: (reader: XdrReader) => T,
): HostAnswer<T> {
  if (!answer.ok) return answer;
  try {
    return { ok: true, value: read(new XdrReader(answer.value)) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return {
      ok: false,
      fault: 'not-rpc',
      problem: `${service} of ${server} gave an answer that cannot be read: ${error.message}`,
    };
  }
}
