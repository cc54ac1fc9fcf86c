// The configuration of one stunnel: plain NFS from this host's kernel in, TLS to the server out.

import { isIP } from 'node:net';
import { addressOf, PROXY_PORT, type TlsFront } from './tls-front.ts';

export interface StunnelFiles {
  /** The authorities to trust; unused where nothing is checked. */
  readonly ca: string | undefined;
  /** Certificate and key that we show. */
  readonly client: string | undefined;
}

/** A user that no system gives to anybody: whoever shares a user with a process can get at what it holds. */
const OWN_ID = 60700;

export function stunnelConfig(front: TlsFront, files: StunnelFiles, isRoot: boolean): string {
  const { host, port, name, verify } = front;
  const named = isIP(name) === 0;
  const lines = [
    'foreground = yes',
    'pid =',
    'syslog = no',
    'debug = warning',
    // It needs root to listen on its port and to read its files, and nothing of that later.
    ...(isRoot ? [`setuid = ${OWN_ID}`, `setgid = ${OWN_ID}`] : []),
    '[nfs]',
    'client = yes',
    `accept = ${addressOf(front)}:${PROXY_PORT}`,
    `connect = ${host}:${port}`,
    // A name is looked up for every connection: servers move, and a resolver may come up after us.
    'delay = yes',
    'libwrap = no',
    'sslVersionMin = TLSv1.2',
    ...(named ? [`sni = ${name}`] : []),
    ...(verify
      ? [`CAfile = ${files.ca ?? ''}`, 'verifyChain = yes', `${named ? 'checkHost' : 'checkIP'} = ${name}`]
      : []),
    ...(files.client === undefined ? [] : [`cert = ${files.client}`]),
    'TIMEOUTconnect = 5',
    'TIMEOUTclose = 0',
    // NFSv4 says something every minute; a connection that is silent for that long serves nobody.
    'TIMEOUTidle = 86400',
    // A server that is gone without a word is found out, so that the kernel connects anew.
    'socket = r:SO_KEEPALIVE=1',
    'socket = r:TCP_KEEPIDLE=20',
    'socket = r:TCP_KEEPINTVL=10',
    'socket = r:TCP_KEEPCNT=3',
  ];
  return `${lines.join('\n')}\n`;
}
