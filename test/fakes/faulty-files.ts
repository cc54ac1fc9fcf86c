// The real file work with faults put into it: an operation that comes late, hangs until it is let go, fails, or is the last
// one before the process dies.

import { setTimeout as sleep } from 'node:timers/promises';
import { type FileWork, fileOperations, fileWork } from '../../src/system/file-work.ts';

export interface Fault {
  /** Which operations; all when left out */
  readonly operation?: keyof FileWork;
  readonly path?: RegExp;
  /** Only the n-th of those, counted from 1; every one when left out */
  readonly nth?: number;
  /** The n-th of those and every later one */
  readonly from?: number;
  readonly errno?: string;
  /** The operation is done, and only its answer is lost. */
  readonly done?: true;
  readonly delay?: number;
  readonly hang?: true;
}

export interface Call {
  readonly operation: keyof FileWork;
  readonly path: string;
}

export class FaultyFiles {
  readonly calls: Call[] = [];
  faults: Fault[] = [];
  /** The process dies at this call, counted from 1: before it is done, or after it but before its answer is seen. */
  death: { readonly at: number; readonly done: boolean } | undefined;
  readonly #seen = new Map<Fault, number>();
  #hanging: (() => void)[] = [];

  /** To be handed in for the real one. */
  readonly over: typeof fileWork = (base, folders) => {
    const real = fileWork(base, folders);
    const faulty = (operation: keyof FileWork) => this.#operation(real, operation);
    return Object.fromEntries(fileOperations.map(name => [name, faulty(name)])) as unknown as FileWork;
  };

  get hanging(): number {
    return this.#hanging.length;
  }

  /** The server is back: what hung goes on, and nothing is faulty any more. */
  letGo(): void {
    this.faults = [];
    for (const go of this.#hanging) go();
    this.#hanging = [];
  }

  #operation(real: FileWork, operation: keyof FileWork) {
    const act = real[operation] as (...args: readonly unknown[]) => Promise<unknown>;
    return async (...args: readonly unknown[]): Promise<unknown> => {
      const path = typeof args[0] === 'string' ? args[0] : '';
      this.calls.push({ operation, path });
      const number = this.calls.length;
      if (this.death !== undefined && (number > this.death.at || (number === this.death.at && !this.death.done))) {
        throw new Died();
      }
      const faults = this.#faultsFor(operation, path);
      for (const fault of faults) if (fault.done === undefined) await this.#suffer(fault, operation);
      const result = await act(...args);
      for (const fault of faults) if (fault.done === true) await this.#suffer(fault, operation);
      if (this.death?.at === number) throw new Died();
      return result;
    };
  }

  #faultsFor(operation: keyof FileWork, path: string): Fault[] {
    return this.faults.filter(fault => {
      if (fault.operation !== undefined && fault.operation !== operation) return false;
      if (fault.path !== undefined && !fault.path.test(path)) return false;
      const seen = (this.#seen.get(fault) ?? 0) + 1;
      this.#seen.set(fault, seen);
      return fault.from === undefined ? fault.nth === undefined || fault.nth === seen : seen >= fault.from;
    });
  }

  async #suffer(fault: Fault, operation: keyof FileWork): Promise<void> {
    if (fault.delay !== undefined) await sleep(fault.delay);
    if (fault.hang) await new Promise<void>(resolve => void this.#hanging.push(resolve));
    if (fault.errno !== undefined) {
      throw Object.assign(new Error(`${fault.errno}: put in, ${operation}`), { code: fault.errno });
    }
  }
}

/** Nothing of a process that has died reaches anybody: this error only ends its code in the test. */
export class Died extends Error {
  override readonly message = 'the process died here';
}
