// One Docker host in the VM: network, processes, mounts, host name and control groups of its own, and an engine with the
// plugin in it. Only the kernel is shared, with the other hosts and with the file server.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';
import { Engine } from './engine.ts';
import { Plugin } from './plugin.ts';

export interface DockerHostPlace {
  /** Its host name. Short: the plugin's socket below /h/NAME may have a path of at most 107 bytes. */
  readonly name: string;
  readonly address: string;
  readonly dataRoot: string;
}

export class DockerHost {
  readonly engine: Engine;
  readonly plugin: Plugin;
  readonly #place: DockerHostPlace;
  #unshare = 0;

  constructor(place: DockerHostPlace) {
    this.#place = place;
    this.engine = new Engine(`/h/${place.name}/docker.sock`);
    this.plugin = new Plugin(this.engine, `/h/${place.name}/docker/plugins`);
  }

  get name(): string {
    return this.#place.name;
  }

  async start(): Promise<void> {
    const { name, address, dataRoot } = this.#place;
    await command('ip', 'netns', 'add', name);
    await command('ip', 'link', 'add', `v${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await command('ip', 'link', 'set', `v${name}`, 'master', 'br0', 'up');
    for (const words of ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up'])
      await command('ip', '-n', name, ...words.split(' '));

    for (const folder of [`/h/${name}`, `/sys/fs/cgroup/${name}`]) mkdirSync(folder, { recursive: true });
    const child = spawn('sh', ['/vm/host-enter', name, dataRoot], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#unshare = child.pid ?? 0;
    await until(`the engine of ${name} answers`, 120_000, async () => (await this.engine.answers()) || undefined);
  }

  /** Runs a program as this host sees the world. */
  inside(file: string, ...args: readonly string[]): Promise<string> {
    return command('nsenter', '-t', String(this.#first()), '-a', '--', file, ...args);
  }

  /** The network cable is pulled, and put back. */
  async unplug(): Promise<void> {
    await command('ip', 'link', 'set', `v${this.name}`, 'down');
  }

  async plug(): Promise<void> {
    await command('ip', 'link', 'set', `v${this.name}`, 'up');
  }

  /** Process 1 of this host, as the VM numbers it. */
  #first(): number {
    const children = readFileSync(`/proc/${this.#unshare}/task/${this.#unshare}/children`, 'utf8');
    const first = Number.parseInt(children, 10);
    if (!(first > 0)) throw new Error(`the host ${this.name} has no first process`);
    return first;
  }
}
