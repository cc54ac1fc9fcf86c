// A host by name may be several addresses: each is asked in turn, within one limit that includes finding them.

import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { printable, reasonOf } from '../errors.ts';
import { unlessAborted, withDeadline } from '../system/deadline.ts';
import { askOnce } from './ask-once.ts';
import type { RpcFault } from './rpc.ts';
import type { SmbFault } from './smb.ts';
import { seconds } from './tcp-words.ts';
import type { TlsFault } from './tls.ts';

export type HostFault = 'name' | 'proxy' | RpcFault | SmbFault | TlsFault['fault'];
export type HostAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: HostFault; readonly problem: string };

/** `server` is how the address is called in messages. */
export type AskAddress<T> = (address: string, server: string, timeoutMs: number) => Promise<HostAnswer<T>>;
export type Lookup = (name: string) => Promise<readonly string[]>;

const MAX_ADDRESSES = 4;

export interface HostLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly lookup?: Lookup | undefined;
}

/** The first good answer, else the one that says most about what is wrong. */
export async function askHost<T>(host: string, limits: HostLimits, ask: AskAddress<T>): Promise<HostAnswer<T>> {
  const end = performance.now() + limits.timeoutMs;
  const found = await addressesOf(host, limits);
  if (!found.ok) return found;

  let failure: Extract<HostAnswer<T>, { ok: false }> | undefined;
  const addresses = found.value.slice(0, MAX_ADDRESSES);
  for (const [index, address] of addresses.entries()) {
    // A silent address must leave time for those after it.
    const share = (end - performance.now()) / (addresses.length - index);
    const server = address === host ? address : `${printable(host)} (${address})`;
    const answer = await ask(address, server, Math.max(1, share));
    if (answer.ok || answer.fault === 'cancelled') return answer;
    if (failure === undefined || saysMore(answer.fault, failure.fault)) failure = answer;
  }
  return failure ?? unresolved(host, 'it has no address');
}

async function addressesOf(host: string, limits: HostLimits): Promise<HostAnswer<readonly string[]>> {
  if (isIP(host) !== 0) return { ok: true, value: [host] };
  const { timeoutMs, signal, lookup = systemLookup } = limits;
  const late = () => new Error(`no answer within ${seconds(timeoutMs)}`);
  try {
    return { ok: true, value: await withDeadline(unlessAborted(lookup(host), signal), timeoutMs, late) };
  } catch (error) {
    if (signal?.aborted)
      return { ok: false, fault: 'cancelled', problem: `the look-up of "${printable(host)}" was called off` };
    // The resolver's codes (EAI_AGAIN, ENOTFOUND) are what people search for.
    const { code } = error as { code?: unknown };
    return unresolved(host, typeof code === 'string' ? code : reasonOf(error));
  }
}

function unresolved(host: string, why: string): HostAnswer<never> {
  return { ok: false, fault: 'name', problem: `the name "${printable(host)}" cannot be resolved (${why})` };
}

// The system's own resolver, because it is what the mount itself will use (hosts file, search domains). It blocks a
// thread of the pool and cannot be called off, hence never two at a time for one name.
const systemLookup: Lookup = askOnce(async name => {
  const found = await dnsLookup(name, { all: true });
  return found.map(each => each.address);
});

/** An address that answered wrongly says more than one that is shut, and that more than silence. */
function saysMore(a: HostFault, b: HostFault): boolean {
  const order: readonly HostFault[] = [
    'wrong-name',
    'untrusted',
    'turned-down',
    'no-tls',
    'version-missing',
    'program-missing',
    'denied',
    'not-rpc',
    'no-dialect',
    'not-smb',
    'hung',
    'closed',
    'refused',
    'filtered',
    'no-route',
  ];
  return order.indexOf(a) < order.indexOf(b);
}
