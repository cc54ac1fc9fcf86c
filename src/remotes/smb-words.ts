// What a server did with the first message of SMB, as the words that follow "… does not answer: ".

import type { SmbAnswer } from './smb.ts';
import { describeFault } from './tcp-words.ts';

export interface AskedSmb {
  /** `10.0.0.5`, or `nas (10.0.0.5)`. */
  readonly server: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export function describeSmbRefusal(refusal: Exclude<SmbAnswer, { readonly ok: true }>, asked: AskedSmb): string {
  const { server, port } = asked;
  switch (refusal.fault) {
    case 'not-smb':
      return `${server} answers on port ${port} but not as an SMB server does: ${refusal.detail} (is this the right port?)`;
    case 'no-dialect':
      return `${server} answers on port ${port} but speaks none of SMB 2.1 to 3.1.1`;
    case 'closed':
      return `${server} accepted the connection on port ${port} and closed it without an answer (it may refuse this host, speak only SMB 1, or be starting)`;
    case 'refused':
    case 'filtered':
    case 'no-route':
    case 'hung':
    case 'cancelled':
      return describeFault(refusal, { ...asked, service: 'SMB' });
  }
}
