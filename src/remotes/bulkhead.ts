// At most eight calls at work on one share, and an end to every wait, the wait for a turn included. A call that does not
// come back keeps its turn until it does: a dead share runs out of turns, and never takes the threads of another one.

import PQueue from 'p-queue';
import { Failure } from '../errors.ts';
import { withDeadline } from '../system/deadline.ts';

const AT_ONCE = 8;
/**
 * A caller may be told "too late" long before; only after this a call counts as hanging and not as slow. A file server whose
 * disks have to spin up first takes ten seconds for one call.
 */
const HANGS_AFTER = 15_000;

export class Bulkhead {
  readonly #turns = new PQueue({ concurrency: AT_ONCE });
  readonly #onHang: (what: string, seconds: number) => void;
  readonly #hangsAfter: number;
  #overdue = 0;

  constructor(onHang: (what: string, seconds: number) => void = () => {}, hangsAfter = HANGS_AFTER) {
    this.#onHang = onHang;
    this.#hangsAfter = hangsAfter;
  }

  /** Calls whose caller was told "too late" and that have not come back since. */
  get overdue(): number {
    return this.#overdue;
  }

  /** `stuck` in the failure's cause tells a call that hangs from one that never had its turn. */
  async run<T>(what: string, milliseconds: number, work: () => Promise<T>): Promise<T> {
    let late = false;
    let started = false;
    const turn = this.#turns.add(async () => {
      if (late) return undefined;
      started = true;
      const hangs = setTimeout(() => this.#onHang(what, this.#hangsAfter / 1000), this.#hangsAfter);
      try {
        return await work();
      } finally {
        clearTimeout(hangs);
        if (late) this.#overdue -= 1;
      }
    });
    const result = await withDeadline(turn, milliseconds, () => {
      late = true;
      if (started) this.#overdue += 1;
      const failure = new Failure('TimedOut', { what, seconds: Math.ceil(milliseconds / 1000) });
      return started ? Object.assign(failure, { cause: new Stuck() }) : failure;
    });
    return result as T;
  }
}

/** The call was made and did not come back. */
export class Stuck extends Error {
  override readonly message = 'the call was made and did not come back';
}
