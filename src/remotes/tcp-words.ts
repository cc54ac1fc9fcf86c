// What came of a connection that gave no answer, as the words that follow "… does not answer: ".

import type { TcpFault } from './ask-over-tcp.ts';

export interface AskedService {
  /** `10.0.0.5`, or `nas (10.0.0.5)`. */
  readonly server: string;
  readonly port: number;
  /** What should have answered: `NFS`, `SMB`. */
  readonly service: string;
  readonly timeoutMs: number;
}

export function describeFault(fault: TcpFault, { server, port, service, timeoutMs }: AskedService): string {
  const within = `within ${seconds(timeoutMs)}`;
  switch (fault.fault) {
    case 'refused':
      return `${server} refused the connection on port ${port} (is the ${service} server running there?)`;
    case 'filtered':
      return `nothing came back from ${server} port ${port} ${within} (a firewall, a wrong address, or the machine is off)`;
    case 'no-route':
      return `this host cannot reach ${server} port ${port} (${routes[fault.detail] ?? fault.detail})`;
    case 'hung':
      return `${server} accepted the connection on port ${port} but did not answer ${within} (the server hangs)`;
    case 'closed':
      return `${server} accepted the connection on port ${port} and closed it without an answer (it may refuse this host, or be starting)`;
    case 'cancelled':
      return `the question to ${server} was called off before it was answered`;
  }
}

export function seconds(ms: number): string {
  return `${Math.max(0.1, Math.round(ms / 100) / 10)} s`;
}

const routes: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'no route to it, or a firewall rejects this host',
  ENETUNREACH: 'this host has no route to its network',
  EACCES: 'a firewall of this host forbids it',
  EPERM: 'a firewall of this host forbids it',
};
