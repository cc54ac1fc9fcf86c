// An engine, the plugin on it, a folder of this host the plugin was given, and what a user does with the three.

import { join } from 'node:path';
import { image } from './busybox-image.ts';
import { type Docker, dockerOn } from './docker.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { ManagedPlugin } from './managed-plugin.ts';
import { pluginName } from './template.ts';

export class Stage {
  readonly folder: string;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly plugin: ManagedPlugin;

  constructor(folder: string, options: EngineOptions) {
    this.folder = folder;
    this.engine = new Engine(join(folder, 'engine'), options);
    this.docker = dockerOn(this.engine.socket);
    this.plugin = new ManagedPlugin(this.docker);
  }

  /** A path on this host below the folder the plugin was given: `share('disk', 'pgdata')`. */
  share(...parts: readonly string[]): string {
    return join(this.folder, 'shares', ...parts);
  }

  create(volume: string, options: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.docker('volume', 'create', ...createArguments(volume, options));
  }

  createFails(volume: string, options: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.docker.fails('volume', 'create', ...createArguments(volume, options));
  }

  /** Runs a shell command in a container of its own that is gone afterwards; `-v` and the like go in front. */
  run(options: readonly string[], command: string): Promise<string> {
    return this.docker('run', '--rm', '--network', 'none', ...options, image, 'sh', '-c', command);
  }

  runFails(options: readonly string[], command: string): Promise<string> {
    return this.docker.fails('run', '--rm', '--network', 'none', ...options, image, 'sh', '-c', command);
  }

  /** A container that does nothing until it is removed. */
  async keep(name: string, ...options: readonly string[]): Promise<void> {
    // Without init as its first process `sleep` would ignore SIGTERM, and every stop would take ten seconds.
    await this.docker(
      'run',
      '--detach',
      '--network',
      'none',
      '--name',
      name,
      '--stop-signal',
      'KILL',
      ...options,
      image,
      'sleep',
      '600',
    );
  }

  exec(container: string, command: string): Promise<string> {
    return this.docker('exec', container, 'sh', '-c', command);
  }

  /** Names of the volumes of our plugin, as `docker volume ls` gives them. */
  async volumes(): Promise<string[]> {
    const out = await this.docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}');
    return out
      .split('\n')
      .filter(line => line.startsWith(`${pluginName} `))
      .map(line => line.slice(pluginName.length + 1))
      .sort();
  }

  async inspect(volume: string): Promise<VolumeView> {
    const [view] = JSON.parse(await this.docker('volume', 'inspect', volume)) as VolumeView[];
    if (view === undefined) throw new Error(`docker volume inspect ${volume} gave nothing`);
    return view;
  }
}

export interface VolumeView {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Status: Readonly<Record<string, unknown>>;
}

/** Whatever containers a test has left, running or not. */
export async function removeContainers(docker: Docker): Promise<void> {
  const ids = (await docker('ps', '--all', '--quiet')).split('\n').filter(id => id !== '');
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids);
}

const createArguments = (volume: string, options: Readonly<Record<string, string>>) => [
  '--driver',
  pluginName,
  ...Object.entries(options).flatMap(([key, value]) => ['--opt', `${key}=${value}`]),
  volume,
];
