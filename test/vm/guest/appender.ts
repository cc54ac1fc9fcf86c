// A process that writes as a database does: one line a second at the end of a file that it keeps open, each on the
// server's disk before the next one. It goes on after an error, and says what came of every line.

import type { ChildProcess } from 'node:child_process';
import type * as FileSystem from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from '../../docker/until.ts';
import type { Machine } from './machine.ts';

export interface Appended {
  readonly line: number;
  /** `ok`, or what the kernel said. */
  readonly outcome: string;
}

export class Appender {
  readonly appended: Appended[] = [];
  readonly #process: ChildProcess;
  #heardAt = performance.now();

  constructor(machine: Machine, file: string) {
    this.#process = machine.spawn('node', '-e', `(${appendForEver.toString()})(require('fs'), process.argv[1])`, file);
    if (this.#process.stdout === null) throw new Error('the output of the appender cannot be read');
    createInterface({ input: this.#process.stdout }).on('line', text => {
      this.#heardAt = performance.now();
      this.appended.push(JSON.parse(text) as Appended);
    });
  }

  get errors(): string[] {
    return this.appended.filter(({ outcome }) => outcome !== 'ok').map(({ line, outcome }) => `${line}: ${outcome}`);
  }

  /** Its call has not come back for longer than a line ever takes. */
  get waits(): boolean {
    return performance.now() - this.#heardAt > 5000;
  }

  async goesOn(milliseconds: number): Promise<void> {
    const before = this.appended.length;
    await until('the process writes', milliseconds, () => (this.appended.length > before + 1 ? true : undefined));
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Handed over as text: it has nothing but what it is given. */
function appendForEver(fs: typeof FileSystem, file: string): void {
  const handle = fs.openSync(file, 'a');
  for (let line = 1; ; line += 1) {
    let outcome = 'ok';
    try {
      fs.writeSync(handle, `${line}\n`);
      fs.fsyncSync(handle);
    } catch (error) {
      outcome = error instanceof Error ? error.message : String(error);
    }
    fs.writeSync(1, `${JSON.stringify({ line, outcome })}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }
}
