// The processes of one Docker host, as the VM numbers them.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Those that live in the same world as `first` and were started like this. */
export function processesBeside(first: number, like: (argv: readonly string[]) => boolean): number[] {
  const world = readlinkSync(`/proc/${first}/ns/pid`);
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== world) return false;
        return like(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
      } catch {
        // It has ended in between.
        return false;
      }
    })
    .map(Number);
}
