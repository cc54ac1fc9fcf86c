// A table of small facts that survives anything: one JSON line per change, appended and synced, folded into a fresh file
// when most of it is history. Appending costs the same with ten entries and with a hundred thousand.
//
// Synchronous, like every file of this host's own memory (see atomic-file.ts).

import {
  closeSync,
  copyFileSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { readFileIfThere, replaceFile, syncFolder } from './atomic-file.ts';

export interface JournalProblem {
  readonly file: string;
  /** A copy of the file as it was found */
  readonly aside: string;
  readonly unreadableLines: number;
}

type Line = readonly [key: string, value: unknown];

export class Journal {
  readonly #file: string;
  readonly #entries = new Map<string, unknown>();
  #lines = 0;

  /** Lines that cannot be read are reported and left out; the file as it was is kept beside. */
  constructor(file: string, report: (problem: JournalProblem) => void, now: () => Date = () => new Date()) {
    this.#file = file;
    const text = readFileIfThere(file) ?? '';
    const lines = text.split('\n');
    // Without a newline at the end the last line is the torn rest of an append that was never answered for.
    const torn = lines.pop() ?? '';
    let unreadable = 0;
    for (const line of lines) {
      const parsed = parseLine(line);
      if (parsed === undefined) unreadable += 1;
      else this.#apply(parsed);
    }
    this.#lines = lines.length;
    const aside = unreadable > 0 ? this.#copyAside(now()) : undefined;
    if (unreadable > 0) report({ file, aside: aside ?? 'nowhere: the disk took no copy', unreadableLines: unreadable });
    if (torn === '' && aside === undefined) return;
    // With the disk full the history stays as it is; only a torn end has to go before anything is appended.
    const withoutTorn = () => truncateSync(file, Buffer.byteLength(text) - Buffer.byteLength(torn));
    if (unreadable > 0 && aside === undefined) withoutTorn();
    else this.#foldOr(withoutTorn);
  }

  get entries(): ReadonlyMap<string, unknown> {
    return this.#entries;
  }

  set(changes: readonly Line[], durable: boolean): void {
    if (changes.length === 0) return;
    this.#append(
      changes.map(line => JSON.stringify(line)),
      durable,
    );
    for (const change of changes) this.#apply(change);
    if (this.#lines > 2 * this.#entries.size + 1000) this.#foldOr(() => {});
  }

  delete(keys: readonly string[]): void {
    const known = keys.filter(key => this.#entries.has(key));
    if (known.length === 0) return;
    this.#append(
      known.map(key => JSON.stringify([key])),
      true,
    );
    for (const key of known) this.#entries.delete(key);
  }

  #apply([key, value]: Line): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }

  #append(lines: readonly string[], durable: boolean): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const fd = openSync(this.#file, 'a', 0o600);
    try {
      const { size } = fstatSync(fd);
      try {
        writeFileSync(fd, `${lines.join('\n')}\n`);
        if (durable) fdatasyncSync(fd);
        if (durable && size === 0) syncFolder(dirname(this.#file));
      } catch (error) {
        // A part of a line left there would swallow the next line that is appended.
        ftruncateSync(fd, size);
        throw error;
      }
    } finally {
      closeSync(fd);
    }
    this.#lines += lines.length;
  }

  #copyAside(now: Date): string | undefined {
    const aside = `${this.#file}.corrupt-${now.toISOString().replaceAll(':', '')}`;
    try {
      copyFileSync(this.#file, aside);
      return aside;
    } catch {
      return undefined;
    }
  }

  /** Folding only saves space and time: what is stored stays stored when it cannot be done now. */
  #foldOr(otherwise: () => void): void {
    try {
      this.#fold();
    } catch {
      otherwise();
    }
  }

  #fold(): void {
    const lines = [...this.#entries].map(line => `${JSON.stringify(line)}\n`);
    replaceFile(this.#file, lines.join(''));
    this.#lines = lines.length;
  }
}

function parseLine(line: string): Line | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (!Array.isArray(parsed) || typeof parsed[0] !== 'string' || parsed.length > 2) return undefined;
    return [parsed[0], parsed[1]];
  } catch {
    return undefined;
  }
}
