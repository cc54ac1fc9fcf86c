// What a server did with our question, as the words that follow "… does not answer: ".

import type { RpcRefusal } from './rpc.ts';

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
  const within = `within ${seconds(asked.timeoutMs)}`;
  const answers = `${server} answers on port ${port} but`;
  switch (refusal.fault) {
    case 'refused':
      return `${server} refused the connection on port ${port} (is the ${service} server running there?)`;
    case 'filtered':
      return `nothing came back from ${server} port ${port} ${within} (a firewall, a wrong address, or the machine is off)`;
    case 'no-route':
      return `this host cannot reach ${server} port ${port} (${routes[refusal.detail] ?? refusal.detail})`;
    case 'hung':
      return `${server} accepted the connection on port ${port} but did not answer ${within} (the server hangs)`;
    case 'closed':
      return `${server} accepted the connection on port ${port} and closed it without an answer (it may refuse this host, or be starting)`;
    case 'not-rpc':
      return `${answers} not as an ${service} server does: ${refusal.detail} (is this the right port?)`;
    case 'program-missing':
      return `${answers} serves no ${service} there`;
    case 'version-missing':
      return `${answers} serves ${service} ${versions(refusal.low, refusal.high)}, not ${version}`;
    case 'denied':
      return `${answers} turned the question down: ${refusal.detail}`;
    case 'cancelled':
      return `the question to ${server} was called off before it was answered`;
  }
}

export function seconds(ms: number): string {
  return `${Math.max(0.1, Math.round(ms / 100) / 10)} s`;
}

const services: Readonly<Record<number, string>> = { 100000: 'rpcbind', 100003: 'NFS', 100005: 'mountd' };

const routes: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'no route to it, or a firewall rejects this host',
  ENETUNREACH: 'this host has no route to its network',
  EACCES: 'a firewall of this host forbids it',
  EPERM: 'a firewall of this host forbids it',
};

function versions(low: number, high: number): string {
  return low === high ? `version ${low}` : `versions ${low} to ${high}`;
}
