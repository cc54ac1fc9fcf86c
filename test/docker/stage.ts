// What nearly every test here stands on: an engine with the plugin enabled and two local remote dirs behind it.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import { image } from './busybox-image.ts';
import { type Docker, dockerOn } from './docker.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { ManagedPlugin, type PluginSettings } from './managed-plugin.ts';
import { unmountBelow } from './mounts-below.ts';
import { copyTemplate, pluginName } from './template.ts';

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

export const twoDirs = {
  disk: { type: 'local', path: '/host/local/disk' },
  second: { type: 'local', path: '/host/local', 'vol-path': 'second/volumes' },
} as const;

export const remoteDirs = (dirs: object): PluginSettings => ({ REMOTE_DIRS: JSON.stringify(dirs) });

export interface StageOptions extends EngineOptions {
  readonly settings?: PluginSettings;
  /** Folders the settings need, beside those of the two remote dirs. */
  readonly folders?: readonly string[];
}

/** To be called once at the top of a test file; the stage stands before its first test and is gone after its last. */
export function useStage(options: StageOptions = {}): Stage {
  jest.setTimeout(180_000);
  const stage = new Stage(mkdtempSync('/var/tmp/nfs-shared-test-'), options);
  let logBefore = 0;

  beforeAll(async () => {
    for (const folder of ['disk', 'second/volumes', ...(options.folders ?? [])])
      mkdirSync(stage.share(folder), { recursive: true });
    await copyTemplate(stage.engine.dataRoot);
    await stage.engine.start();
    await stage.plugin.configure({ 'local.source': stage.share(), ...remoteDirs(twoDirs), ...options.settings });
  });

  beforeEach(() => {
    logBefore = stage.engine.logSize;
  });

  afterEach(() => {
    if ((globalThis as { testHasFailed?: boolean }).testHasFailed !== true) return;
    process.stderr.write(
      `the engine's log of ${expect.getState().currentTestName ?? 'the test'}:\n${stage.engine.story(logBefore)}\n`,
    );
  });

  afterAll(async () => {
    await stage.engine.destroy();
    await unmountBelow(stage.folder);
    rmSync(stage.folder, { recursive: true, force: true });
  });

  return stage;
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
