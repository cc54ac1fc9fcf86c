// What may stand as the address of a server: a host name, an IPv4 address, or an IPv6 one with or without brackets.

import { isIPv4, isIPv6 } from 'node:net';

/** The one spelling used here: small letters, no brackets. Undefined: not an address. */
export function checkAddr(text: string): string | undefined {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  const given = inside ?? text;
  const [numbers = '', zone] = given.split('%', 2);
  if (isIPv6(given)) return zone === undefined ? shortIPv6(given) : zoned(numbers, zone);
  if (inside !== undefined) return undefined;
  const addr = given.toLowerCase();
  // 10.0.0.256 is no host name that somebody forgot to register.
  if (/^[\d.]+$/.test(addr)) return isIPv4(addr) ? addr : undefined;
  return addr.length <= 253 && HOST_NAME.test(addr) ? addr.replace(/\.$/, '') : undefined;
}

/** Several, in one text separated by commas or in several; one that is given twice counts once. */
export function checkAddrs(texts: readonly string[]): { readonly addrs: readonly string[] } | { readonly ill: string } {
  const given = texts.flatMap(text => text.split(',')).map(text => text.trim());
  const addrs = new Set<string>();
  for (const text of given) {
    const addr = checkAddr(text);
    if (addr === undefined) return { ill: text };
    addrs.add(addr);
  }
  return { addrs: [...addrs] };
}

const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/;

// The zone goes into the mount source as it stands, so its alphabet is that of interface names.
const zoned = (numbers: string, zone: string) =>
  /^[A-Za-z0-9._-]{1,15}$/.test(zone) ? `${shortIPv6(numbers)}%${zone}` : undefined;

// fd00:0::5 and fd00::5 are one server.
const shortIPv6 = (addr: string) => new URL(`http://[${addr}]/`).hostname.slice(1, -1);
