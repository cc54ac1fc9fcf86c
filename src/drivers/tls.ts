// A server that speaks NFS inside TLS on one port: the proxy of ours that stands for it, and what cannot go through a proxy.

import { addressOf, PROXY_PORT, type TlsFront } from '../mounts/tls-front.ts';
import { hostOf, type RemoteDir, sourceOf } from '../remotes/remote-dir.ts';
import { splitArg } from './common-args.ts';
import { fileSystemOf } from './efs-names.ts';

/** undefined: the kernel goes to the server itself. */
export function frontOf(dir: RemoteDir, usualPort: number): TlsFront | undefined {
  if (dir.tls === undefined) return undefined;
  const host = hostOf(dir);
  const name = dir.tls.name ?? host;
  const fileSystem = fileSystemOf(name) ?? fileSystemOf(host);
  return {
    host,
    port: dir.port ?? usualPort,
    name,
    verify: dir.tls.verify,
    ...(dir.tls.ca === undefined ? {} : { ca: dir.tls.ca }),
    ...(dir.accessPoint === undefined || fileSystem === undefined
      ? {}
      : { accessPoint: { id: dir.accessPoint, fileSystem } }),
  };
}

/** The part of a plan that says where the calls go. */
export function wayTo(dir: RemoteDir, front: TlsFront | undefined) {
  if (front === undefined)
    return { source: sourceOf(dir), portOptions: dir.port === undefined ? [] : [`port=${dir.port}`], through: {} };
  const called = sourceOf(dir);
  return {
    source: `${addressOf(front)}:${dir.path}`,
    portOptions: [`port=${PROXY_PORT}`],
    through: { tls: front, called },
  };
}

/** Mount options that would get round the proxy, or that it cannot carry. */
export function tlsFaults({ tls, args }: RemoteDir): { key: string; problem: string }[] {
  if (tls === undefined) return [];
  return args.flatMap(arg => {
    const { name, value } = splitArg(arg);
    const why = refusalOf(name, value);
    return why === undefined ? [] : [{ key: 'args', problem: `mount option "${arg}" ${why}` }];
  });
}

function refusalOf(name: string, value: string | undefined): string | undefined {
  if (name === 'xprtsec' && value !== 'none')
    return 'is encryption by the kernel, and tls is encryption by a proxy; keep one of them';
  if (name === 'sec' && value?.startsWith('krb5') === true)
    return 'cannot go with tls: Kerberos goes by the name of the server, and the kernel sees that of the proxy';
  if (name === 'rdma' || (name === 'proto' && value !== 'tcp')) return 'cannot go with tls, which runs over TCP';
  if (name === 'max_connect' || name === 'trunkdiscovery' || name === 'migration')
    return 'cannot go with tls: it lets the kernel make connections of its own to the server, past the proxy';
  return undefined;
}
