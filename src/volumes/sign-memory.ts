// What this host remembers of the signs it has put on the shares, over crashes and restarts: by the name of each the volume
// it is about.

import type { Logger } from '../logger.ts';
import type { Journal } from '../system/journal.ts';
import { fullName, type VolumeRef } from './names.ts';

export interface Attachment {
  readonly ref: VolumeRef;
  readonly recordId: string;
  readonly shareId: string | undefined;
  readonly since: string;
}

export class SignMemory {
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #signs: Map<string, Attachment>;

  constructor(journal: Journal, log: Logger) {
    this.#journal = journal;
    this.#log = log;
    this.#signs = new Map(journal.entries as ReadonlyMap<string, Attachment>);
  }

  all(): ReadonlyMap<string, Attachment> {
    return this.#signs;
  }

  get(name: string): Attachment | undefined {
    return this.#signs.get(name);
  }

  of(ref: VolumeRef): string[] {
    const full = fullName(ref);
    return [...this.#signs].filter(([, { ref: other }]) => fullName(other) === full).map(([name]) => name);
  }

  /** On the disk before the sign is put: one that a power cut made us forget would be in everybody's way for good. */
  note(name: string, attachment: Attachment): void {
    this.#signs.set(name, attachment);
    this.#unimportant(() => this.#journal.set([[name, attachment]], true));
  }

  strike(names: readonly string[]): void {
    for (const name of names) this.#signs.delete(name);
    this.#unimportant(() => this.#journal.delete(names));
  }

  /** A full disk of this host keeps no container from its data. */
  #unimportant(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#log.warn({ err: error }, "this host's memory of its attachments could not be brought up to date");
    }
  }
}
