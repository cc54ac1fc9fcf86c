// What a TLS proxy of ours stands for: where it leads, and what the certificate there has to be.
//
// The address at which the proxy listens follows from this and from nothing else. So it is the same after a crash, an upgrade
// and a reboot, and the kernel, which knows nothing but that address, finds the proxy again. The port is one that only root
// can listen on: while a proxy is away, no other user of this host can take its place and be handed the data.

import { createHash } from 'node:crypto';

export interface TlsFront {
  /** Where the server's TLS front is. */
  readonly host: string;
  readonly port: number;
  /** The name, or the address, that has to be in the certificate. */
  readonly name: string;
  /** Only when somebody has said so in the settings: whoever answers is believed. */
  readonly verify: boolean;
  /** A file below the mount `credentials` with the authorities to trust; undefined: those of the system. */
  readonly ca?: string;
  /** Amazon EFS takes these out of the certificate that we show. */
  readonly accessPoint?: { readonly id: string; readonly fileSystem: string };
}

/** Below 512, where the kernel's NFS clients and rpcbind's servers never take a port for themselves. */
export const PROXY_PORT = 491;

export function addressOf(front: TlsFront): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(keyOf(front)).digest();
  // Clear of 127.0.0.1 and of what resolvers listen on.
  return `127.${64 + (a % 192)}.${b}.${1 + (c % 254)}`;
}

/** One text for one meaning, whatever the order in which the fields were written. */
export function keyOf({ host, port, name, verify, ca, accessPoint }: TlsFront): string {
  return JSON.stringify([host, port, name, verify, ca ?? '', accessPoint?.id ?? '', accessPoint?.fileSystem ?? '']);
}

/** `10.0.0.5:2049`, `[fd00::5]:2049`. */
export const serverOf = ({ host, port }: TlsFront) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
