// The kernel's NFS server as a file server on the network of the Docker hosts. The kernel keeps one for every network
// namespace, each with its own daemons, exports and clients: the VM's own is the first, and there can be others.

import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Place } from './machine.ts';

export const serverAddress = '10.9.0.1';
/** Of the second server, for suites that ask for it. */
export const otherAddress = '10.9.0.2';

const everybody = '10.9.0.0/24';
const usual = 'rw,no_root_squash,no_subtree_check,insecure';
const SETTINGS = '/proc/fs/nfsd';

export class NfsServer {
  readonly #place: Place;
  readonly #exports = new Map<string, string>();

  constructor(place: Place) {
    this.#place = place;
  }

  async start(): Promise<void> {
    await this.#run('mount', '-t', 'nfsd', 'nfsd', SETTINGS);
    await this.#run('mount', '-t', 'rpc_pipefs', 'rpc_pipefs', '/run/rpc_pipefs');
    prepareState(this.#place.path('/var/lib/nfs'));
    await this.#run('rpcbind', '-w');
    await this.#run('rpc.statd', '--no-notify');
    await this.#run('nfsdcld');
    for (const name of ['nfsv4leasetime', 'nfsv4gracetime']) this.#set(name, 10);
    await this.#apply();
    await this.startServing();
    await this.#run('rpc.mountd');
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
    await this.#run('rpc.nfsd', '8');
  }

  async stopServing(): Promise<void> {
    await this.#run('rpc.nfsd', '0');
  }

  /** How long a client of version 4 that is silent keeps what it holds. The server starts anew with it. */
  async changeLease(seconds: number): Promise<void> {
    await this.stopServing();
    this.#set('nfsv4leasetime', seconds);
    await this.startServing();
  }

  /** Packets to its address are lost without a word, as with a firewall that drops. */
  async vanish(): Promise<void> {
    await this.#run('iptables', '-I', 'INPUT', '-d', this.#place.address, '-j', 'DROP');
  }

  async comeBack(): Promise<void> {
    await this.#run('iptables', '-D', 'INPUT', '-d', this.#place.address, '-j', 'DROP');
  }

  async #apply(): Promise<void> {
    writeFileSync(this.#place.path('/etc/exports'), [...this.#exports.values(), ''].join('\n'));
    await this.#run('exportfs', '-ra');
  }

  #set(name: string, seconds: number): void {
    writeFileSync(this.#place.path(`${SETTINGS}/${name}`), `${seconds}\n`);
  }

  #run(file: string, ...args: readonly string[]): Promise<string> {
    return this.#place.command(file, ...args);
  }
}

export interface ExportChange {
  readonly options?: readonly string[];
  readonly clients?: string;
  readonly owner?: number;
}

function prepareState(state: string): void {
  for (const folder of ['sm', 'sm.bak', 'v4recovery', 'nfsdcld']) mkdirSync(`${state}/${folder}`, { recursive: true });
  for (const file of ['etab', 'rmtab', 'state']) writeFileSync(`${state}/${file}`, '');
}
