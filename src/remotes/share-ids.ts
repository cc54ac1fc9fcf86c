// Which share was last seen behind each label, remembered over restarts and upgrades: a server that has booted without its
// data disk answers fast and looks empty, and only this memory tells it from a share whose volumes are gone.

import { randomUUID } from 'node:crypto';
import { Failure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { readFileIfThere, replaceFile, setAside } from '../system/atomic-file.ts';

/** A share that has no id, and that nobody may write one to, goes by a name of this host's. */
const STAND_IN = 'none-';
export const makeStandIn = () => `${STAND_IN}${randomUUID()}`;
export const isStandIn = (id: string) => id.startsWith(STAND_IN);

export class ShareIds {
  readonly #file: string;
  #ids: Map<string, string>;
  #whenNamed: (standIn: string, id: string) => void = () => {};

  constructor(file: string, log: Pick<Logger, 'error'>) {
    this.#file = file;
    this.#ids = read(file, log);
  }

  known(label: string): string | undefined {
    return this.#ids.get(label);
  }

  labelsOf(id: string): string[] {
    return [...this.#ids].filter(([, known]) => known === id).map(([label]) => label);
  }

  labels(): string[] {
    return [...this.#ids.keys()];
  }

  /** The id of the share itself; undefined also where there is only a stand-in for one. */
  ownId(label: string): string | undefined {
    const known = this.known(label);
    return known === undefined || isStandIn(known) ? undefined : known;
  }

  remember(label: string, id: string): void {
    const before = this.#ids.get(label);
    if (before === id) return;
    // What is kept under the stand-in has to be found under the id from the very moment that this one counts.
    if (before !== undefined && isStandIn(before)) this.#whenNamed(before, id);
    this.#become(new Map([...this.#ids, [label, id]]));
  }

  /** Told before an id takes the place of its stand-in. */
  whenNamed(tell: (standIn: string, id: string) => void): void {
    this.#whenNamed = tell;
  }

  /** The next share found behind the label is taken for the right one. */
  forget(label: string): void {
    this.#become(new Map([...this.#ids].filter(([other]) => other !== label)));
  }

  #become(next: ReadonlyMap<string, string>): void {
    try {
      replaceFile(this.#file, `${JSON.stringify(Object.fromEntries(next), undefined, 1)}\n`);
    } catch (error) {
      throw new Failure('LocalStateUnwritable', { file: this.#file, problem: reasonOf(error) }, { cause: error });
    }
    this.#ids = new Map(next);
  }
}

function read(file: string, log: Pick<Logger, 'error'>): Map<string, string> {
  const text = readFileIfThere(file);
  if (text === undefined) return new Map();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('not an object');
    const entries = Object.entries(parsed);
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      throw new Error('not a map of labels to ids');
    return new Map(entries);
  } catch (error) {
    const aside = setAside(file, new Date());
    log.error(
      { file, aside, err: error },
      'the memory of share ids cannot be read and was set aside; each share is taken as it is found now',
    );
    return new Map();
  }
}
