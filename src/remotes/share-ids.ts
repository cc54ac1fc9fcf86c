// Which share was last seen behind each label, remembered over restarts and upgrades: a server that has booted without its
// data disk answers fast and looks empty, and only this memory tells it from a share whose volumes are gone.

import { Failure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { readFileIfThere, replaceFile, setAside } from '../system/atomic-file.ts';

export class ShareIds {
  readonly #file: string;
  #ids: Map<string, string>;

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

  remember(label: string, id: string): void {
    if (this.#ids.get(label) !== id) this.#become(new Map([...this.#ids, [label, id]]));
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
