// One question to an RPC service behind TLS, in plain Node: what the server's certificate is worth, and whether it speaks TLS
// at all. Asked to find out why the proxy gets no answer, which says little about that itself.

import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { printable } from '../errors.ts';
import { afterOwnTime } from '../system/own-time.ts';
import { type TcpFault, type TcpLimits, unreached } from './ask-over-tcp.ts';
import { rpcExchange } from './rpc-exchange.ts';
import type { Call, Reply } from './rpc-message.ts';

export interface TlsQuestion extends Call {
  /** An address, never a name. */
  readonly address: string;
  readonly port: number;
  /** What has to be in the certificate. */
  readonly name: string;
  /** The authorities to trust, in PEM; undefined: nothing is checked. */
  readonly authorities: string | undefined;
}

export type TlsFault =
  | { readonly ok: false; readonly fault: 'untrusted' | 'wrong-name'; readonly detail: string }
  /** It answered, and not in TLS; or ended the connection as soon as it was asked for it. */
  | { readonly ok: false; readonly fault: 'no-tls' }
  /** It speaks TLS and turned us down. */
  | { readonly ok: false; readonly fault: 'turned-down'; readonly detail: string };

export type TlsAnswer = Reply | TcpFault | TlsFault;

/** Never rejects: whatever the other side does is an answer. */
export function askOverTls(question: TlsQuestion, limits: TcpLimits): Promise<TlsAnswer> {
  return new Promise(resolve => {
    if (limits.signal?.aborted) return resolve({ ok: false, fault: 'cancelled' });
    const { address, port, name, authorities } = question;
    const socket = connect({
      host: address,
      port,
      ...(isIP(name) === 0 ? { servername: name } : { host: address, servername: '' }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      ...(authorities === undefined ? {} : { ca: authorities }),
    });
    const { request, read } = rpcExchange(question);
    let stage: 'away' | 'connected' | 'encrypted' = 'away';

    const settle = (answer: TlsAnswer) => {
      stopTimer();
      limits.signal?.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(answer);
    };
    const cancel = () => settle({ ok: false, fault: 'cancelled' });
    const late = () => settle({ ok: false, fault: stage === 'away' ? 'filtered' : 'hung' });
    const stopTimer = afterOwnTime(limits.timeoutMs, late);
    limits.signal?.addEventListener('abort', cancel, { once: true });

    (socket as Socket).on('connect', () => {
      stage = 'connected';
    });
    socket.on('secureConnect', () => {
      stage = 'encrypted';
      const fault = authorities === undefined ? undefined : certificateFault(socket, name);
      if (fault !== undefined) settle(fault);
      else socket.write(request);
    });
    socket.on('data', (chunk: Buffer) => {
      const answer = read(chunk);
      if (answer !== undefined) settle(answer);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => settle(failed(stage, error)));
    socket.on('close', () => settle({ ok: false, fault: stage === 'connected' ? 'no-tls' : 'closed' }));
  });
}

/** The library says one thing for both: whether the chain was good stands apart from whose certificate it is. */
function certificateFault(socket: TLSSocket, name: string): TlsFault | undefined {
  const error = socket.authorizationError as unknown;
  const detail = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  if (!socket.authorized && detail !== WRONG_NAME)
    return { ok: false, fault: 'untrusted', detail: reasons[detail] ?? printable(detail) };
  const certificate = socket.getPeerX509Certificate();
  const fits = isIP(name) === 0 ? certificate?.checkHost(name) : certificate?.checkIP(name);
  if (fits !== undefined) return undefined;
  return { ok: false, fault: 'wrong-name', detail: printable(namesIn(certificate?.subjectAltName)) };
}

const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

function namesIn(alternatives: string | undefined): string {
  return alternatives === undefined ? 'no name at all' : alternatives.replace(/\b(DNS|IP Address):/g, '');
}

function failed(stage: 'away' | 'connected' | 'encrypted', error: NodeJS.ErrnoException): TlsAnswer {
  const { code, message } = error;
  const alert = /alert ([a-z ]+)/.exec(message)?.[1];
  if (alert !== undefined) return { ok: false, fault: 'turned-down', detail: alert.trim() };
  if (stage === 'encrypted') return { ok: false, fault: 'closed' };
  if (code?.startsWith('ERR_SSL_') === true && !notTls.has(code))
    return { ok: false, fault: 'turned-down', detail: printable(message) };
  if (stage === 'connected') return { ok: false, fault: 'no-tls' };
  return unreached(error);
}

/** What came was no TLS at all. */
const notTls = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST']);

const unknownAuthority = 'it is from an authority that this host does not trust';
const reasons: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the server has signed it itself',
  CERT_SIGNATURE_FAILURE: 'its signature is not that of the authority it names',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: "it is not valid yet; is this host's clock right?",
  CERT_REVOKED: 'it was revoked',
};
