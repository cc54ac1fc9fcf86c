// The calls of Docker for one volume, one at a time, each with the time it may take.

import { Budget } from '../system/budget.ts';
import { KeyedQueue } from '../system/keyed-queue.ts';

/** Docker waits 30 s for a managed plugin by default; whatever a call does ends before that. */
const VERB_MS = 25_000;

export class VerbQueue {
  readonly #queue = new KeyedQueue();

  /** A verb that could only begin after its caller was told "too late" does not begin. */
  run<T>(volume: string, what: string, verb: (budget: Budget) => Promise<T>): Promise<T> {
    const budget = new Budget(what, VERB_MS);
    return budget.run(
      this.#queue.run(volume, () => {
        budget.left();
        return verb(budget);
      }),
    );
  }
}
