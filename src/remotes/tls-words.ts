// What came of a question to a server behind TLS, as the words that follow "… does not answer: ".

import { describeRefusal } from './rpc-words.ts';
import type { TlsAnswer } from './tls.ts';

export interface AskedTls {
  /** `10.0.0.5`, or `nas (10.0.0.5)`. */
  readonly server: string;
  readonly port: number;
  /** What has to be in the certificate. */
  readonly name: string;
  readonly program: number;
  readonly version: number;
  readonly timeoutMs: number;
}

export type TlsRefusal = Exclude<TlsAnswer, { readonly ok: true }>;

export function describeTlsRefusal(refusal: TlsRefusal, asked: AskedTls): string {
  const { server, port, name } = asked;
  const answers = `${server} answers on port ${port} but`;
  switch (refusal.fault) {
    case 'untrusted':
      return `${server} shows a certificate on port ${port} that is not trusted: ${refusal.detail}; name the file of its authority with tls-ca, or have the certificate renewed`;
    case 'wrong-name':
      return `${server} shows a trusted certificate on port ${port}, but for ${refusal.detail} and not for ${name}; if that is the server you mean, say so with tls-name`;
    case 'no-tls':
      return `${answers} does not speak TLS there; is this the port of its TLS front? Where nothing is to be encrypted, leave tls out (with efs: set it to false)`;
    case 'turned-down':
      return `${answers} turns the TLS connection down (${refusal.detail}); it may want a certificate of ours, or another version of TLS`;
    case 'not-rpc':
    case 'program-missing':
    case 'version-missing':
    case 'denied':
    case 'refused':
    case 'filtered':
    case 'no-route':
    case 'hung':
    case 'closed':
    case 'cancelled':
      return describeRefusal(refusal, asked);
  }
}
