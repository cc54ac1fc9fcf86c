// What an RPC service did with our question, as the words that follow "… does not answer: ".

import type { RpcRefusal } from './rpc.ts';
import { describeFault } from './tcp-words.ts';

export interface Asked {
  /** `10.0.0.5`, or `nas (10.0.0.5)`. */
  readonly server: string;
  readonly port: number;
  readonly program: number;
  readonly version: number;
  readonly timeoutMs: number;
}

export function describeRefusal(refusal: RpcRefusal, asked: Asked): string {
  const { server, port, version } = asked;
  const service = services[asked.program] ?? `RPC program ${asked.program}`;
  const answers = `${server} answers on port ${port} but`;
  switch (refusal.fault) {
    case 'not-rpc':
      return `${answers} not as an ${service} server does: ${refusal.detail} (is this the right port?)`;
    case 'program-missing':
      return `${answers} serves no ${service} there`;
    case 'version-missing':
      return `${answers} serves ${service} ${versions(refusal.low, refusal.high)}, not ${version}`;
    case 'denied':
      return `${answers} turned the question down: ${refusal.detail}`;
    case 'refused':
    case 'filtered':
    case 'no-route':
    case 'hung':
    case 'closed':
    case 'cancelled':
      return describeFault(refusal, { ...asked, service });
  }
}

const services: Readonly<Record<number, string>> = { 100000: 'rpcbind', 100003: 'NFS', 100005: 'mountd' };

function versions(low: number, high: number): string {
  return low === high ? `version ${low}` : `versions ${low} to ${high}`;
}
