// A real stunnel as the TLS front of a server on loopback.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from '../../src/system/listening.ts';
import { until } from '../docker/until.ts';

export interface TlsServer {
  readonly port: number;
  stop(): void;
}

export interface TlsServerSettings {
  /** Where it listens, and where what is in the TLS goes: `10.9.0.1`, 2049 */
  readonly address: string;
  readonly port: number;
  readonly to: number;
  readonly certificate: string;
  readonly more?: readonly string[];
}

/** `folder` is for its configuration. */
export async function startTlsServer(folder: string, settings: TlsServerSettings): Promise<TlsServer> {
  const { address, port, to, certificate, more = [] } = settings;
  const config = join(folder, `server-${port}.conf`);
  const global = ['foreground = yes', 'pid =', 'syslog = no', 'debug = err'];
  const service = ['[front]', `accept = ${address}:${port}`, `connect = ${address}:${to}`, `cert = ${certificate}`];
  writeFileSync(config, [...global, ...service, ...more, ''].join('\n'));
  const child = spawn('stunnel', [config], { stdio: 'ignore' });
  await until('the TLS front listens', 30_000, () => isListening(address, port) || undefined);
  return { port, stop: () => void child.kill('SIGKILL') };
}
