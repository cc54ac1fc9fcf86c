// The TLS front of the file server: what comes to its port inside TLS is handed to the kernel's NFS server.

import { copyFileSync, mkdirSync } from 'node:fs';
import { type Authority, makeAuthority, makeCertificate } from '../../fakes/authority.ts';
import { startTlsServer } from '../../fakes/tls-server.ts';
import type { DockerHost } from './docker-host.ts';
import { enablePlugin } from './enable-plugin.ts';

const NFS_PORT = 2049;
const FOLDER = '/root/tls';

export class TlsFrontServer {
  readonly address: string;
  readonly port: number;
  #authority: Authority | undefined;

  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
  }

  async start(): Promise<void> {
    mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    this.#authority = makeAuthority(FOLDER, 'authority');
    const certificate = makeCertificate(this.#authority, 'front', `IP:${this.address}`);
    await startTlsServer(FOLDER, { address: this.address, port: this.port, to: NFS_PORT, certificate });
  }

  /** The plugin of this host gets to see the file of the authority, and of one that has signed nothing here. */
  async trustedBy(host: DockerHost): Promise<void> {
    const authority = this.#authority;
    if (authority === undefined) throw new Error('the TLS front was not started');
    // Every host has a /run of its own.
    const folder = `/h/${host.name}/secrets`;
    mkdirSync(folder, { recursive: true });
    copyFileSync(authority.file, `${folder}/ca.pem`);
    copyFileSync(makeAuthority(FOLDER, 'stranger').file, `${folder}/stranger.pem`);
    await host.plugin.disable();
    await enablePlugin(host, { 'credentials.source': '/run/secrets' });
  }
}
