// Machines on the network of the Docker hosts that have no Docker: the VM itself, and what passes for another machine by
// a network, mounts and a host name of its own. The kernel is the same one, and so are the processes and the disk.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';
import { joinNetwork } from './network.ts';

/** Where a program runs. */
export interface Place {
  readonly address: string;
  command(file: string, ...args: readonly string[]): Promise<string>;
  /** A path of that place, for this program. */
  path(path: string): string;
}

export const vmItself = (address: string): Place => ({ address, command, path: path => path });

export class Machine implements Place {
  readonly name: string;
  readonly address: string;
  #first = 0;

  constructor(name: string, address: string) {
    this.name = name;
    this.address = address;
  }

  async start(): Promise<void> {
    await joinNetwork(this.name, this.address);
    const apart = ['unshare', '-m', '-u', '--propagation', 'private', 'sleep', 'infinity'];
    const first = spawn('nsenter', [`--net=/run/netns/${this.name}`, ...apart], { stdio: 'ignore' });
    this.#first = first.pid ?? 0;
    await until(`the machine ${this.name} is there`, 10_000, () =>
      readFileSync(`/proc/${this.#first}/comm`, 'utf8').trim() === 'sleep' ? true : undefined,
    );
    await this.command('hostname', this.name);
    for (const folder of ['/run', '/var/lib/nfs']) await this.command('mount', '-t', 'tmpfs', 'own', folder);
    mkdirSync(this.path('/run/rpc_pipefs'));
    // The disk has one list of exports, and every server has its own.
    writeFileSync(this.path('/run/exports'), '');
    await this.command('mount', '--bind', '/run/exports', '/etc/exports');
  }

  command(file: string, ...args: readonly string[]): Promise<string> {
    return command('nsenter', ...this.#inside, file, ...args);
  }

  /** A program that goes on by itself. */
  spawn(file: string, ...args: readonly string[]): ChildProcess {
    return spawn('nsenter', [...this.#inside, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  path(path: string): string {
    return `/proc/${this.#first}/root${path}`;
  }

  mountTable(): string {
    return readFileSync(`/proc/${this.#first}/mountinfo`, 'utf8');
  }

  get #inside(): string[] {
    return ['-t', String(this.#first), '-m', '-n', '-u', '--'];
  }
}
