// A real stunnel as the TLS front of a server, with a throw-away authority of its own.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from '../docker/until.ts';

export interface Authority {
  /** Its certificate, in PEM. */
  readonly file: string;
  readonly folder: string;
}

export function makeAuthority(folder: string, name: string): Authority {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const file = join(own, 'ca.pem');
  openssl(...selfSigned, '-keyout', join(own, 'ca.key'), '-out', file, '-subj', `/CN=${name}`);
  return { file, folder: own };
}

/** Certificate and key for these names, in one file. `alternatives` as openssl writes them: DNS:nas.example,IP:127.0.0.1 */
export function makeCertificate({ folder, file }: Authority, name: string, alternatives: string): string {
  const [key, request, certificate, both] = ['key', 'csr', 'crt', 'pem'].map(end => join(folder, `${name}.${end}`)) as [
    string,
    string,
    string,
    string,
  ];
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, `subjectAltName = ${alternatives}\n`);
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
  const by = ['-CA', file, '-CAkey', join(folder, 'ca.key'), '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', request, '-out', certificate, '-extfile', extensions, ...by);
  writeFileSync(both, [key, certificate].map(each => execFileSync('cat', [each], { encoding: 'utf8' })).join(''));
  return both;
}

export interface TlsServer {
  readonly port: number;
  stop(): void;
}

/** TLS on `port`, and what is in it to `to` on loopback. */
export async function startTlsServer(
  folder: string,
  { port, to, certificate, more = [] }: { port: number; to: number; certificate: string; more?: readonly string[] },
): Promise<TlsServer> {
  const config = join(folder, `server-${port}.conf`);
  const global = ['foreground = yes', 'pid =', 'syslog = no', 'debug = err'];
  const service = ['[front]', `accept = 127.0.0.1:${port}`, `connect = 127.0.0.1:${to}`, `cert = ${certificate}`];
  writeFileSync(config, [...global, ...service, ...more, ''].join('\n'));
  const child: ChildProcess = spawn('stunnel', [config], { stdio: 'ignore' });
  await until('the TLS front listens', 10_000, () => listens(port));
  return { port, stop: () => void child.kill('SIGKILL') };
}

const selfSigned = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

function listens(port: number): Promise<true | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (answer: true | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(undefined));
  });
}
