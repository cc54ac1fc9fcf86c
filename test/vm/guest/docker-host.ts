// One Docker host in the VM: network, processes, mounts, host name and control groups of its own, and an engine with the
// plugin in it. Only the kernel is shared, with the other hosts and with the file server.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';
import { removeControlGroup } from './control-group.ts';
import { Engine } from './engine.ts';
import { Plugin } from './plugin.ts';
import { processesBeside } from './processes.ts';

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
  #host: ChildProcess | undefined;

  constructor(place: DockerHostPlace) {
    this.#place = place;
    this.engine = new Engine(`/h/${place.name}/docker.sock`);
    this.plugin = new Plugin(this.engine, `/h/${place.name}/docker/plugins`);
  }

  get name(): string {
    return this.#place.name;
  }

  get address(): string {
    return this.#place.address;
  }

  async start(): Promise<void> {
    const { name, address, dataRoot } = this.#place;
    await command('ip', 'netns', 'add', name);
    await command('ip', 'link', 'add', `v${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await command('ip', 'link', 'set', `v${name}`, 'master', 'br0', 'up');
    for (const words of ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up'])
      await command('ip', '-n', name, ...words.split(' '));

    for (const folder of [`/h/${name}`, `/sys/fs/cgroup/${name}`]) mkdirSync(folder, { recursive: true });
    this.#host = spawn('sh', ['/vm/host-enter', name, dataRoot], { stdio: ['ignore', 'inherit', 'inherit'] });
    await this.#engineAnswers();
  }

  /** The power goes off: every process ends in this very moment. What is on the disk is there at the next start. */
  async off(): Promise<void> {
    if (this.#host === undefined) throw new Error(`the host ${this.name} is off already`);
    const over = once(this.#host, 'exit');
    process.kill(this.#first(), 'SIGKILL');
    await over;
    this.#host = undefined;
    await removeControlGroup(`/sys/fs/cgroup/${this.name}`);
    // The kernel ends the mounts of its last process a moment later, and would wait long for a server out of reach.
    await sleep(2000);
    await command('ip', 'link', 'del', `v${this.name}`);
    await command('ip', 'netns', 'del', this.name);
    rmSync(`/h/${this.name}`, { recursive: true });
  }

  /** Kills dockerd and its containerd. Containers and the plugin are no children of theirs, and live on. */
  async killEngine(): Promise<void> {
    const engine = this.#engineProcesses('dockerd', 'containerd');
    if (engine.length !== 2) throw new Error(`the engine of ${this.name} is not two processes but ${engine.length}`);
    for (const pid of engine) process.kill(pid, 'SIGKILL');
    await until('the engine is gone', 20_000, async () => ((await this.engine.answers()) ? undefined : true));
  }

  async startEngine(): Promise<void> {
    const { name, dataRoot } = this.#place;
    // A child of process 1 like the first one: nsenter would stop with it, and never see it end (holdEngine).
    const engine = ['setsid', '--fork', 'sh', '/vm/engine', dataRoot, `/out/engine-${name}`];
    spawn('nsenter', ['-t', String(this.#first()), '-a', '--', ...engine], { stdio: 'ignore' });
    await this.#engineAnswers();
  }

  /** dockerd stands still, until the function that is returned is called. */
  holdEngine(): () => void {
    const engine = this.#engineProcesses('dockerd');
    for (const pid of engine) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of engine) process.kill(pid, 'SIGCONT');
    };
  }

  /** What the plugin has mounted, as the kernel writes it down. */
  pluginMountTable(): string {
    return readFileSync(`/proc/${this.pluginProcess()}/mountinfo`, 'utf8');
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

  async #engineAnswers(): Promise<void> {
    await until(`the engine of ${this.name} answers`, 120_000, async () => (await this.engine.answers()) || undefined);
  }

  #engineProcesses(...names: readonly string[]): number[] {
    return processesBeside(this.#first(), ([program = '']) => names.includes(basename(program)));
  }

  /** Its number in the VM. */
  pluginProcess(): number | undefined {
    const ours = (argv: readonly string[]) =>
      argv.includes('daemon') && argv.some(each => each.endsWith('/nfs-shared.mjs'));
    return processesBeside(this.#first(), ours)[0];
  }

  /** Process 1 of this host, as the VM numbers it. */
  #first(): number {
    const unshare = this.#host?.pid ?? 0;
    const children = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8');
    const first = Number.parseInt(children, 10);
    if (!(first > 0)) throw new Error(`the host ${this.name} has no first process`);
    return first;
  }
}
