// This host's memory of the volumes it has seen, for the times when the share cannot be asked: Docker forgets a volume for
// good when it is told once that there is none, and makes a local one of that name in silence.
//
// Kept per share id and folder, not per label: a label may be renamed, or pointed at another server.

import { join } from 'node:path';
import { Failure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { Journal } from '../system/journal.ts';
import type { VolumeRef } from './names.ts';
import type { VolumeRecord } from './record.ts';

export interface CatalogueEntry {
  /** The last record seen; none for a folder that is a volume without one, or was only listed so far */
  readonly record?: VolumeRecord;
  /** The name Docker knows it by on this host, when that is not "folder@label" */
  readonly spelling?: string;
  /** The label it was last seen under */
  readonly label: string;
}

export interface Spelled extends VolumeRef {
  readonly shareId: string;
}

export class Catalogue {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #journals = new Map<string, Journal>();
  readonly #spellings = new Map<string, Spelled>();

  constructor(folder: string, shareIds: readonly string[], log: Logger) {
    this.#folder = folder;
    this.#log = log;
    for (const shareId of shareIds) this.#journal(shareId);
  }

  find(shareId: string | undefined, folder: string): CatalogueEntry | undefined {
    return shareId === undefined
      ? undefined
      : (this.#journal(shareId).entries.get(folder) as CatalogueEntry | undefined);
  }

  all(shareId: string | undefined): ReadonlyMap<string, CatalogueEntry> {
    return shareId === undefined ? new Map() : (this.#journal(shareId).entries as ReadonlyMap<string, CatalogueEntry>);
  }

  /** The volume this host was given under a name that is not its full one. */
  spelled(spelling: string): Spelled | undefined {
    return this.#spellings.get(spelling);
  }

  /** Written before Create is answered: from then on Docker counts on it. */
  put(shareId: string, folder: string, entry: CatalogueEntry): void {
    this.#putAll(shareId, [[folder, entry]]);
  }

  #putAll(shareId: string, entries: readonly [string, CatalogueEntry][]): void {
    try {
      this.#set(shareId, entries, true);
    } catch (error) {
      throw new Failure(
        'LocalStateUnwritable',
        { file: this.#fileOf(shareId), problem: reasonOf(error) },
        { cause: error },
      );
    }
  }

  /** The same, where Docker's call succeeds whether or not it can be written down. */
  note(shareId: string, folder: string, entry: CatalogueEntry): void {
    this.#unimportant(() => this.#set(shareId, [[folder, entry]], true));
  }

  /** What was seen in passing. A full disk must not make a Get fail: the volume exists all the same. */
  saw(shareId: string, label: string, seen: ReadonlyMap<string, VolumeRecord | undefined>): void {
    const known = this.all(shareId);
    const changes: [string, CatalogueEntry][] = [];
    for (const [folder, record] of seen) {
      const entry = known.get(folder);
      if (entry !== undefined && (record === undefined || sameRecord(entry.record, record)) && entry.label === label)
        continue;
      const kept = record ?? entry?.record;
      changes.push([folder, { ...entry, label, ...(kept === undefined ? {} : { record: kept }) }]);
    }
    this.#unimportant(() => this.#set(shareId, changes, false));
  }

  /** A share that had none has got an id of its own: what is kept under the other one is that share's. */
  rename(before: string, after: string): void {
    const entries = [...this.all(before)].filter(([folder]) => this.find(after, folder) === undefined);
    this.#putAll(after, entries);
    this.#unimportant(() => this.#journal(before).delete(entries.map(([folder]) => folder)));
  }

  /** Only for what a reachable and recognised share has said. */
  gone(shareId: string, folders: readonly string[]): void {
    this.#unimportant(() => this.#journal(shareId).delete(folders));
    for (const [spelling, spelled] of this.#spellings) {
      if (spelled.shareId === shareId && folders.includes(spelled.folder)) this.#spellings.delete(spelling);
    }
  }

  #set(shareId: string, changes: readonly [string, CatalogueEntry][], durable: boolean): void {
    this.#journal(shareId).set(changes, durable);
    for (const [folder, entry] of changes) this.#index(shareId, folder, entry);
  }

  #journal(shareId: string): Journal {
    const present = this.#journals.get(shareId);
    if (present !== undefined) return present;
    const journal = new Journal(this.#fileOf(shareId), problem =>
      this.#log.error(
        problem,
        "a part of this host's memory of volumes cannot be read; the file was kept aside, and is rebuilt from the share",
      ),
    );
    this.#journals.set(shareId, journal);
    const unknown = [...journal.entries].filter(([, entry]) => !isEntry(entry)).map(([folder]) => folder);
    if (unknown.length > 0) {
      this.#log.error(
        { file: this.#fileOf(shareId), folders: unknown },
        'the memory of these volumes is not understood',
      );
      this.#unimportant(() => journal.delete(unknown));
    }
    for (const [folder, entry] of journal.entries) if (isEntry(entry)) this.#index(shareId, folder, entry);
    return journal;
  }

  #index(shareId: string, folder: string, { spelling, label }: CatalogueEntry): void {
    if (spelling !== undefined) this.#spellings.set(spelling, { shareId, folder, label });
  }

  #fileOf(shareId: string): string {
    return join(this.#folder, `${shareId}.jsonl`);
  }

  #unimportant(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#log.warn({ err: error }, "this host's memory of volumes could not be brought up to date");
    }
  }
}

function isEntry(value: unknown): value is CatalogueEntry {
  return typeof value === 'object' && value !== null && typeof (value as CatalogueEntry).label === 'string';
}

function sameRecord(known: VolumeRecord | undefined, seen: VolumeRecord): boolean {
  return known !== undefined && known.id === seen.id;
}
