// Programs of the VM, run to their end: what they say on failure becomes the error.

import { runCommand } from '../../../src/system/run-command.ts';

export async function command(file: string, ...args: readonly string[]): Promise<string> {
  const result = await runCommand(file, args, { milliseconds: 60_000 });
  if (result.ok) return result.stdout;
  const reason = result.timedOut ? 'did not end within 60 s' : result.stderr || result.startError || result.exitCode;
  throw new Error(`${file} ${args.join(' ')}: ${reason}`);
}

/** For what may fail: the answer is whether it worked. */
export async function works(file: string, ...args: readonly string[]): Promise<boolean> {
  return (await runCommand(file, args, { milliseconds: 60_000 })).ok;
}
