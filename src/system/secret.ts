// A value that must not be seen. Whoever prints, joins, logs or serialises one gets "***": only reveal() gives it out, and
// that is called in one place, where a mount helper gets it.

import { inspect } from 'node:util';

const HIDDEN = '***';

export class Secret {
  // A private field: no loop over the keys of an object and no spread meets it.
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret | undefined): boolean {
    return other !== undefined && other.#value === this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
