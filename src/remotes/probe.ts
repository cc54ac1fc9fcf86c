// Can this share answer? Asked before a mount and again while it is unreachable, because a mount of a dead share hangs
// and says little. It never rejects and ends within its limit.

import type { ProbeTarget } from '../drivers/driver.ts';
import { askHost, type HostAnswer, type HostFault, type HostLimits, type Lookup } from './ask-host.ts';
import { type FolderFault, probeFolder, type StatFolder } from './probe-folder.ts';
import { probeTls, type TlsEdge } from './probe-tls.ts';
import { askRpc } from './rpc.ts';
import { describeRefusal } from './rpc-words.ts';
import { askSmb } from './smb.ts';
import { describeSmbRefusal } from './smb-words.ts';

export interface ProbeOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type ProbeResult =
  | { readonly ok: true; readonly milliseconds: number }
  | { readonly ok: false; readonly fault: ProbeFault; readonly problem: string };

export type ProbeFault = HostFault | FolderFault;

/** What reaches outside besides the TCP connection itself. */
export interface ProbeEdge {
  readonly lookup?: Lookup;
  readonly stat?: StatFolder;
  readonly tls?: TlsEdge;
}

const NULL_PROCEDURE = 0;

export async function probe(
  target: ProbeTarget,
  options: ProbeOptions = {},
  edge: ProbeEdge = {},
): Promise<ProbeResult> {
  const started = performance.now();
  const limits = { timeoutMs: options.timeoutMs ?? 2000, signal: options.signal, ...edge };
  const answer = await probeKind(target, limits);
  return answer.ok ? { ok: true, milliseconds: Math.round(performance.now() - started) } : answer;
}

function probeKind(target: ProbeTarget, limits: HostLimits & ProbeEdge) {
  switch (target.kind) {
    case 'folder':
      return probeFolder(target.path, limits);
    case 'rpc':
      return probeRpc(target, limits);
    case 'tls':
      return probeTls(target, limits, limits.tls);
    case 'smb':
      return probeSmb(target, limits);
  }
}

function probeRpc(target: Extract<ProbeTarget, { kind: 'rpc' }>, limits: HostLimits): Promise<HostAnswer<undefined>> {
  const { host, port, program, version } = target;
  return askHost(host, limits, async (address, server, timeoutMs) => {
    const question = { address, port, program, version, procedure: NULL_PROCEDURE };
    const answer = await askRpc(question, { timeoutMs, signal: limits.signal });
    if (answer.ok) return { ok: true, value: undefined };
    return { ok: false, fault: answer.fault, problem: describeRefusal(answer, { ...question, server, timeoutMs }) };
  });
}

function probeSmb(target: Extract<ProbeTarget, { kind: 'smb' }>, limits: HostLimits): Promise<HostAnswer<undefined>> {
  const { host, port } = target;
  return askHost(host, limits, async (address, server, timeoutMs) => {
    const answer = await askSmb({ address, port }, { timeoutMs, signal: limits.signal });
    if (answer.ok) return { ok: true, value: undefined };
    return { ok: false, fault: answer.fault, problem: describeSmbRefusal(answer, { server, port, timeoutMs }) };
  });
}
