// Runs a program: no shell, an end to the wait, and nothing left behind.
//
// execa's own timeout does not bound the wait: it kills the child alone, and a grandchild that keeps the output pipe open
// holds the result back for as long as it lives. So the child leads a process group, the whole group is killed at the
// deadline, and the wait ends whether or not the kernel lets the processes go (state D on a dead server).

import { execa } from 'execa';

export interface CommandResult {
  readonly ok: boolean;
  /** undefined: it did not start, or was killed, or did not end in time */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Why it could not be started: ENOENT, EACCES … */
  readonly startError: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly milliseconds: number;
  readonly uid?: number;
  readonly gid?: number;
}

export type RunCommand = (file: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** How long a killed group may take to be gone before the wait is given up all the same. */
const LAST_WAIT = 500;

export const runCommand: RunCommand = async (file, args, { milliseconds, ...identity }) => {
  const child = execa(file, args, {
    ...identity,
    reject: false,
    detached: true,
    stdin: 'ignore',
    maxBuffer: 64 * 1024,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    extendEnv: false,
  });
  const ended = child.then(result => ({
    ok: !result.failed,
    exitCode: result.exitCode,
    timedOut: false,
    startError: result.code !== undefined && result.exitCode === undefined ? result.code : undefined,
    stdout: result.stdout,
    stderr: result.stderr,
  }));

  const late = await raceWithTimer(ended, milliseconds);
  if (late !== undefined) return late;
  killGroup(child.pid);
  const afterKill = await raceWithTimer(ended, LAST_WAIT);
  return {
    ok: false,
    exitCode: undefined,
    timedOut: true,
    startError: undefined,
    stdout: '',
    stderr: '',
    ...pick(afterKill),
  };
};

async function raceWithTimer<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const rings = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([work, rings]);
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it ended by itself in this very moment
  }
}

function pick(result: CommandResult | undefined): Pick<CommandResult, 'stdout' | 'stderr'> | undefined {
  return result === undefined ? undefined : { stdout: result.stdout, stderr: result.stderr };
}
