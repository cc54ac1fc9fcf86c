// Runs a part of this program in a child for work that may be slow, must be killable, and belongs to another uid. The child
// ends itself when we are gone: it notices that its channel to us has closed.

import { spawn } from 'node:child_process';
import type { Identity } from './file-worker.ts';

export interface ChildResult {
  readonly exitCode: number | null;
  readonly stdout: string;
}

export function runOwnChild(
  command: readonly string[],
  args: readonly string[],
  identity: Identity | undefined,
  signal: AbortSignal,
): Promise<ChildResult> {
  const [file = process.execPath, ...first] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...first, ...args], {
      ...identity,
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', exitCode => resolve({ exitCode, stdout }));
  });
}

/** The child's side: without a parent there is nobody left to tell, and nobody who could stop us. */
export function endWithParent(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

/** The same for work that blocks: no event gets through meanwhile, so it calls this between its steps. */
export function parentGuard(): () => void {
  const parent = process.ppid;
  return () => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  };
}
