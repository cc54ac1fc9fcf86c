// This host's memory of its TLS proxies: what each stands for, and which process was the last. Nothing in it is secret.

import { Failure, reasonOf } from '../errors.ts';
import { readFileIfThere, replaceFile, setAside } from '../system/atomic-file.ts';
import type { ProcessMark } from '../system/process-mark.ts';
import { keyOf, type TlsFront } from './tls-front.ts';

interface Remembered {
  readonly front: TlsFront;
  readonly process?: ProcessMark;
}

export interface TlsMemoryParts {
  readonly file: string;
  readonly now: () => Date;
  readonly warn: (text: string) => void;
}

export class TlsMemory {
  readonly #parts: TlsMemoryParts;
  readonly #known: Map<string, Remembered>;

  constructor(parts: TlsMemoryParts) {
    this.#parts = parts;
    this.#known = new Map(read(parts).map(each => [keyOf(each.front), each]));
  }

  fronts(): TlsFront[] {
    return [...this.#known.values()].map(({ front }) => front);
  }

  processes(): ProcessMark[] {
    return [...this.#known.values()].flatMap(({ process }) => process ?? []);
  }

  remember(front: TlsFront, process: ProcessMark | undefined): void {
    this.#known.set(keyOf(front), { front, ...(process === undefined ? {} : { process }) });
    this.#write();
  }

  forget(front: TlsFront): void {
    if (this.#known.delete(keyOf(front))) this.#write();
  }

  /** A disk that is full takes no mount from anybody: what could not be written is missing only after the next start. */
  #write(): void {
    const { file, warn } = this.#parts;
    try {
      replaceFile(file, `${JSON.stringify({ version: 1, proxies: [...this.#known.values()] }, null, 2)}\n`, 0o600);
    } catch (error) {
      warn(new Failure('LocalStateUnwritable', { file, problem: reasonOf(error) }).message);
    }
  }
}

function read({ file, now, warn }: TlsMemoryParts): Remembered[] {
  const text = readFileIfThere(file);
  const entries = text === undefined ? [] : entriesOf(text);
  if (entries !== undefined) return entries;
  const aside = setAside(file, now());
  warn(
    `the list of TLS proxies could not be understood; it was kept as "${aside}", and containers that use a remote dir with tls which is no longer configured have to be restarted`,
  );
  return [];
}

function entriesOf(text: string): Remembered[] | undefined {
  try {
    const state = JSON.parse(text) as { version?: unknown; proxies?: unknown };
    if (state.version !== 1 || !Array.isArray(state.proxies)) return undefined;
    const entries = state.proxies as readonly unknown[];
    return entries.every(isRemembered) ? [...entries] : undefined;
  } catch {
    return undefined;
  }
}

function isRemembered(value: unknown): value is Remembered {
  const front = isMap(value) ? value['front'] : undefined;
  if (!isMap(front)) return false;
  const { accessPoint } = front;
  const ids =
    accessPoint === undefined ? [] : isMap(accessPoint) ? [accessPoint['id'], accessPoint['fileSystem']] : [0];
  const texts = [front['host'], front['name'], ...(front['ca'] === undefined ? [] : [front['ca']]), ...ids];
  return texts.every(isLine) && Number.isInteger(front['port']) && typeof front['verify'] === 'boolean';
}

/** A line break would begin a line of its own in the configuration of a proxy. */
const isLine = (value: unknown) => typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
