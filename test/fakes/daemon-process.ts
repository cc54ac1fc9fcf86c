// The plugin as a process of its own, as the engine runs it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../docker/until.ts';
import type { BuiltPlugin } from './built-plugin.ts';
import { type Engine, engineOn } from './plugin-socket.ts';

export interface Daemon extends Engine {
  readonly socket: string;
  readonly child: ChildProcess;
  /** Everything written to the log so far */
  readonly output: () => string;
  /** Sends the signal and returns how many milliseconds the process still lived. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT') => Promise<number>;
}

export interface DaemonSettings {
  readonly remoteDirs: Readonly<Record<string, object>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the command: `unshare --net …` gives the plugin a network of its own. */
  readonly within?: readonly string[];
}

export function spawnDaemon(
  built: BuiltPlugin,
  folder: string,
  { remoteDirs, env, within = [] }: DaemonSettings,
): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const places = ['--socket', at('plugin.sock'), '--root', at('mnt'), '--run', at('run'), '--config', at('none.json')];
  const [command = process.execPath, ...args] = [...within, process.execPath, built.program, 'daemon', ...places];
  return spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], REMOTE_DIRS: JSON.stringify(remoteDirs), LOG_LEVEL: 'debug', ...env },
  });
}

export function outputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', part => {
      text += String(part);
    });
  }
  return () => text;
}

export async function startDaemon(built: BuiltPlugin, folder: string, settings: DaemonSettings): Promise<Daemon> {
  const child = spawnDaemon(built, folder, settings);
  const output = outputOf(child);
  const socket = join(folder, 'plugin.sock');
  await until('the plugin listened', 20_000, () => {
    if (child.exitCode !== null) throw new Error(`the plugin ended: ${output()}`);
    return output().includes('"listening"') ? true : undefined;
  });
  const end = async (signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT') => {
    if (child.exitCode !== null || child.signalCode !== null) return 0;
    const began = performance.now();
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return performance.now() - began;
  };
  return { ...engineOn(socket), socket, child, output, end };
}
