// What a user types. Every call has an end, and a failure says what was typed and what Docker answered.

import { execa } from 'execa';

export interface Docker {
  /** Runs `docker ARGUMENTS` and gives what it printed. */
  (...args: readonly string[]): Promise<string>;
  /** Runs it in the expectation that Docker refuses, and gives the words of the refusal. */
  fails(...args: readonly string[]): Promise<string>;
}

export function dockerOn(socket: string): Docker {
  const run = (args: readonly string[]) =>
    execa('docker', ['--host', `unix://${socket}`, ...args], { reject: false, timeout: 90_000, stdin: 'ignore' });

  const docker = async (...args: readonly string[]) => {
    const done = await run(args);
    if (done.failed) throw new Error(`docker ${args.join(' ')}: ${done.timedOut ? 'no end within 90 s' : done.stderr}`);
    return done.stdout;
  };

  const fails = async (...args: readonly string[]) => {
    const done = await run(args);
    if (done.timedOut) throw new Error(`docker ${args.join(' ')}: no end within 90 s`);
    if (!done.failed)
      throw new Error(`docker ${args.join(' ')}: expected a refusal, it printed ${JSON.stringify(done.stdout)}`);
    return done.stderr;
  };

  return Object.assign(docker, { fails });
}
