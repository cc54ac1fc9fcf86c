// What this host shows of itself on one share, and whether somebody else does so under the same id: a host whose disk was
// copied from this one's.

import { randomUUID } from 'node:crypto';
import type { HostSign } from './host-sign.ts';

const QUIET_AFTER = 4;

export class OwnSign {
  readonly life: string;
  #counter = 0;
  #strange: HostSign | undefined;
  #quiet = 0;
  #double: string | undefined;

  constructor(life: string = randomUUID()) {
    this.life = life;
  }

  /** The name of a host that writes under the id of this one. */
  get double(): string | undefined {
    return this.#double;
  }

  get isShown(): boolean {
    return this.#counter > 0;
  }

  /** The counter to write next; `present`: what lies there now. */
  next(present: HostSign | undefined): number {
    if (present !== undefined && present.life !== this.life && this.#counter > 0) this.#see(present);
    else if (++this.#quiet >= QUIET_AFTER) this.#double = undefined;
    this.#counter = Math.max(this.#counter, present?.counter ?? 0) + 1;
    return this.#counter;
  }

  /** A call of an earlier life of this host that is carried out late shows once; only a host that is there counts on. */
  #see(present: HostSign): void {
    this.#quiet = 0;
    if (this.#strange?.life === present.life && present.counter > this.#strange.counter) this.#double = present.name;
    this.#strange = present;
  }
}
