// Can a server behind a TLS proxy answer? The proxy is asked, as the mount will ask it. When nothing comes back, the server is
// asked without it: a proxy just ends the connection, whatever the reason.

import type { ProbeTarget } from '../drivers/driver.ts';
import { driverFor } from '../drivers/registry.ts';
import { whyNoProxy } from '../mounts/no-proxy.ts';
import { addressOf, PROXY_PORT, type TlsFront } from '../mounts/tls-front.ts';
import type { TlsProxies } from '../mounts/tls-proxies.ts';
import { authoritiesOf } from '../mounts/tls-proxy-files.ts';
import { askHost, type HostAnswer, type HostLimits } from './ask-host.ts';
import type { RemoteDir } from './remote-dir.ts';
import { askRpc } from './rpc.ts';
import { askOverTls } from './tls.ts';
import { describeTlsRefusal } from './tls-words.ts';

export interface TlsEdge {
  readonly proxies: Pick<TlsProxies, 'ensure'>;
  /** The settable mount with the files of this host. */
  readonly source: string;
}

/** The TLS fronts that these remote dirs are behind. */
export function frontsOf(dirs: readonly RemoteDir[]): TlsFront[] {
  const targets = dirs.map(dir => driverFor(dir.type).probe(dir));
  return targets.flatMap(target => (target.kind === 'tls' ? [target.front] : []));
}

type Target = Extract<ProbeTarget, { kind: 'tls' }>;

const NULL_PROCEDURE = 0;

/** The limit is that of the question itself: the start of a proxy, and finding out what is wrong, come on top. */
export async function probeTls(
  target: Target,
  limits: HostLimits,
  edge: TlsEdge | undefined,
): Promise<HostAnswer<undefined>> {
  if (edge === undefined) return noProxy('none can be started here');
  const state = await edge.proxies.ensure(target.front, limits.timeoutMs / 2);
  if (!state.ok) return noProxy(state.problem);
  const { program, version, front } = target;
  const question = { address: addressOf(front), port: PROXY_PORT, program, version, procedure: NULL_PROCEDURE };
  const through = await askRpc(question, { timeoutMs: limits.timeoutMs, signal: limits.signal });
  if (through.ok) return { ok: true, value: undefined };
  if (through.fault === 'cancelled')
    return { ok: false, fault: 'cancelled', problem: `the question to ${front.host} was called off` };
  const direct = await askDirectly(target, { ...limits, timeoutMs: limits.timeoutMs / 2 }, edge.source);
  if (!direct.ok) return direct;
  return noProxy(
    `it gets no answer on ${addressOf(front)} port ${PROXY_PORT}, although ${front.host} answers (${through.fault})`,
  );
}

async function askDirectly(
  { front, program, version }: Target,
  limits: HostLimits,
  source: string,
): Promise<HostAnswer<undefined>> {
  const authorities = await trustedBy(front, source);
  if (typeof authorities === 'object') return noProxy(authorities.problem);
  return await askHost(front.host, limits, async (address, server, timeoutMs) => {
    const question = { ...front, address, authorities, program, version, procedure: NULL_PROCEDURE };
    // Some servers without TLS wait for more of what they take for a long call.
    const answer = await askOverTls(question, { timeoutMs: timeoutMs / 2, signal: limits.signal });
    if (answer.ok) return { ok: true, value: undefined };
    const silent = answer.fault === 'hung' || answer.fault === 'closed';
    const plain = silent ? await askRpc(question, { timeoutMs: timeoutMs / 2, signal: limits.signal }) : undefined;
    const refusal = plain?.ok === true ? ({ ok: false, fault: 'no-tls' } as const) : answer;
    const asked = { server, port: front.port, name: front.name, program, version, timeoutMs };
    return { ok: false, fault: refusal.fault, problem: describeTlsRefusal(refusal, asked) };
  });
}

async function trustedBy(front: TlsFront, source: string): Promise<string | undefined | { readonly problem: string }> {
  if (!front.verify) return undefined;
  try {
    return await authoritiesOf(front, source);
  } catch (error) {
    return { problem: whyNoProxy(error) };
  }
}

const noProxy = (problem: string): HostAnswer<never> => ({
  ok: false,
  fault: 'proxy',
  problem: `the TLS proxy of this host does not run: ${problem}`,
});
