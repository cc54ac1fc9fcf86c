// The kernel's NFS server in the VM's own network namespace, as a file server on the network of the Docker hosts.

import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { command } from './command.ts';

export const serverAddress = '10.9.0.1';
/** The same server by another address, which stays there when the first one vanishes. */
export const otherAddress = '10.9.0.2';
const BRIDGE = 'br0';

const everybody = '10.9.0.0/24';
const usual = 'rw,no_root_squash,no_subtree_check,insecure';

export class NfsServer {
  readonly #exports = new Map<string, string>();

  async start(): Promise<void> {
    await command('ip', 'link', 'add', BRIDGE, 'type', 'bridge');
    for (const address of [serverAddress, otherAddress])
      await command('ip', 'addr', 'add', `${address}/24`, 'dev', BRIDGE);
    await command('ip', 'link', 'set', BRIDGE, 'up');
    // Before anything loads lockd with its defaults: the first NFSv3 lock would wait for a grace period of 50 s.
    await command('modprobe', 'lockd', 'nlm_timeout=3', 'nlm_grace_period=3');
    await command('modprobe', '-a', 'nfsd', 'nfs', 'nfsv3', 'nfsv4');
    await command('mount', '-t', 'nfsd', 'nfsd', '/proc/fs/nfsd');
    await command('mount', '-t', 'rpc_pipefs', 'rpc_pipefs', '/run/rpc_pipefs');
    prepareState();
    await command('rpcbind', '-w');
    await command('rpc.statd', '--no-notify');
    await command('nfsdcld');
    for (const name of ['nfsv4leasetime', 'nfsv4gracetime']) writeFileSync(`/proc/fs/nfsd/${name}`, '10\n');
    await this.#apply();
    await this.startServing();
    await command('rpc.mountd');
  }

  /** Makes the folder and exports it to the Docker hosts; more options come behind the usual ones and win. */
  async export(folder: string, change: ExportChange = {}): Promise<void> {
    mkdirSync(folder, { recursive: true });
    if (change.owner !== undefined) chownSync(folder, change.owner, change.owner);
    const options = [usual, ...(change.options ?? [])].join(',');
    this.#exports.set(folder, `${folder} ${change.clients ?? everybody}(${options})`);
    await this.#apply();
  }

  async withdraw(folder: string): Promise<void> {
    this.#exports.delete(folder);
    await this.#apply();
  }

  async startServing(): Promise<void> {
    await command('rpc.nfsd', '8');
  }

  async stopServing(): Promise<void> {
    await command('rpc.nfsd', '0');
  }

  /** Packets to the first address are lost without a word, as with a firewall that drops. */
  async vanish(): Promise<void> {
    await command('iptables', '-I', 'INPUT', '-d', serverAddress, '-j', 'DROP');
  }

  async comeBack(): Promise<void> {
    await command('iptables', '-D', 'INPUT', '-d', serverAddress, '-j', 'DROP');
  }

  async #apply(): Promise<void> {
    writeFileSync('/etc/exports', [...this.#exports.values(), ''].join('\n'));
    await command('exportfs', '-ra');
  }
}

export interface ExportChange {
  readonly options?: readonly string[];
  readonly clients?: string;
  readonly owner?: number;
}

function prepareState(): void {
  const state = '/var/lib/nfs';
  for (const folder of ['sm', 'sm.bak', 'v4recovery', 'nfsdcld']) mkdirSync(`${state}/${folder}`, { recursive: true });
  for (const file of ['etab', 'rmtab', 'state']) writeFileSync(`${state}/${file}`, '');
}
