// The time one call of Docker's may still take. Every step of the call gets what is left, so the whole ends before Docker
// gives up, and work that could only start after its caller was told "too late" does not start at all.

import { Failure } from '../errors.ts';
import { withDeadline } from './deadline.ts';

export class Budget {
  readonly #what: string;
  readonly #milliseconds: number;
  readonly #end: number;
  readonly #clock: () => number;

  constructor(what: string, milliseconds: number, clock: () => number = () => performance.now()) {
    this.#what = what;
    this.#milliseconds = milliseconds;
    this.#clock = clock;
    this.#end = clock() + milliseconds;
  }

  /** What a step may take: what is left, or `most` if that is less. Throws when nothing is left. */
  left(most = Number.POSITIVE_INFINITY): number {
    const left = this.#end - this.#clock();
    if (left <= 0) throw this.#exceeded();
    return Math.min(left, most);
  }

  run<T>(work: Promise<T>): Promise<T> {
    // Also with nothing left the work has to be given a listener: a rejection nobody hears ends the program.
    return withDeadline(work, Math.max(0, this.#end - this.#clock()), () => this.#exceeded());
  }

  #exceeded(): Failure {
    return new Failure('TimedOut', { what: this.#what, seconds: Math.round(this.#milliseconds / 1000) });
  }
}
