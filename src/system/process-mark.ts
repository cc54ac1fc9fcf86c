// Tells one process of this machine from every other one, also from a later one with the same number: so that what a process
// has written down can be held against whether it still lives.

import { readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../errors.ts';

export interface ProcessMark {
  /** Which start of which machine */
  readonly boot: string;
  /** Whose numbers the number is one of: containers have numbers of their own. */
  readonly namespace: string;
  readonly pid: number;
  /** In clock ticks since the machine's start */
  readonly started: string;
}

/** undefined: this system does not tell */
export const ownProcess = (): ProcessMark | undefined => markOfProcess(process.pid);

/** One whose numbers are those of our own; undefined also when it is over. */
export function markOfProcess(pid: number): ProcessMark | undefined {
  try {
    const started = startOf(pid);
    if (started === undefined) return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { boot, namespace: readlinkSync('/proc/self/ns/pid'), pid, started };
  } catch {
    return undefined;
  }
}

/** Surely still at work, and the very same process. */
export function stillLives(mark: ProcessMark): boolean {
  const now = markOfProcess(mark.pid);
  return now?.started === mark.started && now.boot === mark.boot && now.namespace === mark.namespace;
}

/** Surely over. False for processes that can't be seen from here: of another machine, or with numbers of their own. */
export function hasEnded(mark: ProcessMark | undefined, own: ProcessMark | undefined = ownProcess()): boolean {
  if (mark === undefined || own === undefined) return false;
  if (mark.boot !== own.boot || mark.namespace !== own.namespace) return false;
  try {
    return startOf(mark.pid) !== mark.started;
  } catch {
    return false;
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in brackets and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
