// A private Docker Engine: its own data, sockets and processes, all below one folder, and nothing of it left at the end.
//
// Managed plugins are the one thing that cannot be moved: dockerd puts their sockets below /run/docker/plugins whatever it
// is told. They stand there in folders named by the plugin's id, so several engines do not disturb each other.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineApi } from './engine-api.ts';
import { unmountBelow } from './mounts-below.ts';
import { endProcesses, isAlive, processesNaming } from './processes.ts';
import { until } from './until.ts';

export interface EngineOptions {
  /** Containers go on while dockerd is away. A swarm cannot have it. */
  readonly liveRestore?: boolean;
}

export class Engine {
  readonly folder: string;
  readonly socket: string;
  readonly dataRoot: string;
  readonly api: EngineApi;
  readonly #options: EngineOptions;
  readonly #log: string;
  readonly #plugins = new Set<string>();
  #dockerd: ChildProcess | undefined;

  constructor(folder: string, options: EngineOptions = {}) {
    this.folder = folder;
    this.socket = join(folder, 'docker.sock');
    this.dataRoot = join(folder, 'data');
    this.api = new EngineApi(this.socket);
    this.#options = options;
    this.#log = join(folder, 'dockerd.log');
  }

  async start(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const log = openSync(this.#log, 'a');
    // setpriv: when this process is ended from outside nobody would be left to end the engine.
    const dockerd = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...this.#arguments()], {
      // Engine 20.10 makes an empty "propagated-mount" in its working directory when a plugin is created.
      cwd: this.folder,
      stdio: ['ignore', log, log],
    });
    this.#dockerd = dockerd;
    closeSync(log);
    await until('the engine answers', 60_000, async () => {
      if (!isAlive(dockerd.pid)) throw new Error(`dockerd did not start:\n${this.story()}`);
      return (await this.api.answers()) || undefined;
    });
  }

  /** The way an administrator stops it: containers first, then plugins, then itself. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM', 60_000);
  }

  /** As a power cut of this one process: what it has started goes on without it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', 10_000);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends everything of this engine and removes its folder; to be called whatever has happened before. */
  async destroy(): Promise<void> {
    await this.stop().catch(() => this.kill());
    await endProcesses(() => processesNaming(this.folder));
    await unmountBelow(this.folder);
    this.notePlugins();
    for (const id of this.#plugins) rmSync(join('/run/docker/plugins', id), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Remembers whose socket folders are ours to remove: of a plugin that is removed by force dockerd leaves something there. */
  notePlugins(): void {
    const folder = join(this.dataRoot, 'plugins');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names) if (/^[0-9a-f]{64}$/.test(name)) this.#plugins.add(name);
  }

  /** What dockerd, and through it the plugin, has written; from a position on that an earlier `logSize` gave. */
  log(from = 0): string {
    return existsSync(this.#log) ? readFileSync(this.#log).subarray(from).toString('utf8') : '';
  }

  /** The same without what containerd tells about itself at every start: for people who look for the reason of a failure. */
  story(from = 0): string {
    const chatter =
      /module=grpc|loading plugin|starting signal loop|ignoring event|shim disconnected|dead shim|cleanup warnings/;
    return this.log(from)
      .split('\n')
      .filter(line => !chatter.test(line))
      .slice(-60)
      .join('\n');
  }

  get logSize(): number {
    return existsSync(this.#log) ? statSync(this.#log).size : 0;
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL', timeoutMs: number): Promise<void> {
    const dockerd = this.#dockerd;
    if (dockerd === undefined) return;
    dockerd.kill(signal);
    await until(`dockerd ends after ${signal}`, timeoutMs, () => !isAlive(dockerd.pid) || undefined);
    this.#dockerd = undefined;
    await this.#forgetContainerd();
  }

  // Even a killed dockerd takes its containerd along. Until somebody reaps that orphan the next dockerd, which finds its id in
  // this file and takes a zombie for alive, waits for an answer from it and then gives up.
  async #forgetContainerd(): Promise<void> {
    const file = join(this.folder, 'exec/containerd/containerd.pid');
    if (!existsSync(file)) return;
    const pid = Number(readFileSync(file, 'utf8'));
    await until('containerd ends with its dockerd', 10_000, () => !isAlive(pid) || undefined);
    rmSync(file);
  }

  #arguments(): string[] {
    const at = (name: string) => join(this.folder, name);
    return [
      ...[
        '--data-root',
        this.dataRoot,
        '--exec-root',
        at('exec'),
        '--pidfile',
        at('pid'),
        '--host',
        `unix://${this.socket}`,
      ],
      // No container here has a network, and the machine's own rules are not ours to change.
      ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
      ...(this.#options.liveRestore === true ? ['--live-restore'] : []),
    ];
  }
}
