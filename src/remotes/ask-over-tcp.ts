// One question over one TCP connection, in plain Node: no helper program, no pool thread, nothing left behind.

import { connect, type Socket } from 'node:net';
import { printable } from '../errors.ts';
import { afterOwnTime } from '../system/own-time.ts';

export interface TcpQuestion<T> {
  /** An address, never a name: names are resolved before, so that one limit covers both. */
  readonly address: string;
  readonly port: number;
  readonly request: Buffer;
  /** The answer, once enough of it has come. */
  readonly read: (chunk: Buffer) => T | undefined;
}

export interface TcpLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type TcpFault =
  | { readonly ok: false; readonly fault: 'refused' | 'filtered' | 'hung' | 'closed' | 'cancelled' }
  | { readonly ok: false; readonly fault: 'no-route'; readonly detail: string };

/** Never rejects: whatever the other side does is an answer. */
export function askOverTcp<T>(question: TcpQuestion<T>, limits: TcpLimits): Promise<T | TcpFault> {
  return new Promise(resolve => {
    if (limits.signal?.aborted) return resolve({ ok: false, fault: 'cancelled' });
    const socket = open(question);
    if (socket === undefined)
      return resolve({ ok: false, fault: 'no-route', detail: `there is no port ${question.port}` });

    let connected = false;
    const settle = (answer: T | TcpFault) => {
      stopTimer();
      limits.signal?.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(answer);
    };
    const cancel = () => settle({ ok: false, fault: 'cancelled' });
    const late = () => settle({ ok: false, fault: connected ? 'hung' : 'filtered' });
    const stopTimer = afterOwnTime(limits.timeoutMs, late);
    limits.signal?.addEventListener('abort', cancel, { once: true });

    socket.on('connect', () => {
      connected = true;
      socket.write(question.request);
    });
    socket.on('data', chunk => {
      const answer = question.read(chunk);
      if (answer !== undefined) settle(answer);
    });
    socket.on('error', error => settle(connected ? { ok: false, fault: 'closed' } : unreached(error)));
    socket.on('close', () => settle({ ok: false, fault: 'closed' }));
  });
}

/** Undefined when the port is none: connect throws then, where for all else it reports. */
function open({ address, port }: { readonly address: string; readonly port: number }): Socket | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return connect({ host: address, port, noDelay: true, autoSelectFamily: false });
}

/** Why a connection did not come to be. */
export function unreached({ code, message }: NodeJS.ErrnoException): TcpFault {
  if (code === 'ECONNREFUSED') return { ok: false, fault: 'refused' };
  if (code === 'ETIMEDOUT') return { ok: false, fault: 'filtered' };
  if (code === 'ECONNRESET') return { ok: false, fault: 'closed' };
  return { ok: false, fault: 'no-route', detail: code ?? printable(message) };
}
