// Who of the running processes belongs to one engine. Only its own may be ended: other engines run on the same machine.

import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly commandLine: string;
}

/** The processes with this text in their command line, and all their descendants (a container is a child of its shim). */
export function processesNaming(text: string): number[] {
  const all = allProcesses().filter(process => process.pid !== globalThis.process.pid);
  const found = new Set(all.filter(process => process.commandLine.includes(text)).map(process => process.pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const process of all) if (found.has(process.parent)) found.add(process.pid);
  }
  return [...found];
}

/** The first process of a container or managed plugin: the one whose parent stands outside of its control group. */
export function mainProcessOf(containerId: string): number | undefined {
  const inside = allProcesses().filter(process => readOr(`/proc/${process.pid}/cgroup`, '').includes(containerId));
  const pids = new Set(inside.map(process => process.pid));
  return inside.find(process => !pids.has(process.parent) && process.state !== 'Z')?.pid;
}

export async function endProcesses(list: () => number[]): Promise<void> {
  await until('the last process of the engine ends', 20_000, () => {
    const pids = list().filter(isAlive);
    for (const pid of pids) endOne(pid);
    return pids.length === 0 || undefined;
  });
}

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  const state = readProcess(pid)?.state;
  return state !== undefined && state !== 'Z';
}

function endOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

function allProcesses(): Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): Process | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The name stands in brackets and may hold anything; state and parent follow the last one.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || parent === undefined) return undefined;
  return { pid, parent: Number(parent), state, commandLine: readOr(`/proc/${pid}/cmdline`, '') };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
