// The two hosts, what has been broken on them and when, and everything that was asked for and answered.

import { createHash } from 'node:crypto';
import type { DockerHost } from '../../guest/docker-host.ts';
import type { Stage } from '../../guest/stage.ts';
import type { Call, Held, What, Written } from './journal.ts';
import { type Refusal, refusalOf } from './refusals.ts';

export type Breakable = 'plugin' | 'engine' | 'network' | 'server';

interface Broken {
  readonly what: Breakable;
  /** undefined: it is everybody's */
  readonly host: string | undefined;
  readonly from: number;
  until: number;
}

export interface Kept {
  readonly container: string;
  readonly host: string;
  readonly volume: string;
  readonly since: number;
  /** Since when it may have ended: it was told to, or its engine was started anew. */
  until: number;
}

/** Docker tries a plugin that it does not reach for fifteen seconds, and for thirty where calls are lost at both ends. */
const FELT_FOR = 40_000;

export class World {
  readonly key: string;
  readonly stage: Stage;
  readonly calls: Call[] = [];
  readonly written: Written[] = [];
  readonly kept: Kept[] = [];
  readonly broken: Broken[] = [];
  /** By kind: how often */
  readonly refusals = new Map<string, number>();
  /** Failures that are no refusal anybody knows, or not at this time. */
  readonly strange: string[] = [];
  /** Containers that ran and could not do their work. */
  readonly failed: string[] = [];
  starts = 0;
  isOver = false;
  readonly #volumes = new Map<string, string[]>();
  #numbers = 0;

  constructor(key: string, stage: Stage, labels: readonly string[], names: readonly string[]) {
    this.key = key;
    this.stage = stage;
    for (const label of labels)
      this.#volumes.set(
        label,
        names.map(name => `${name}@${label}`),
      );
  }

  get hosts(): readonly DockerHost[] {
    return [this.stage.a, this.stage.b];
  }

  get labels(): string[] {
    return [...this.#volumes.keys()];
  }

  get held(): readonly Held[] {
    return this.kept;
  }

  volumesOn(label: string): readonly string[] {
    return this.#volumes.get(label) ?? [];
  }

  /** From now on it is used like the others. */
  addVolume(volume: string): void {
    this.#volumes.get(volume.split('@')[1] ?? '')?.push(volume);
  }

  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Something is broken until the function that is returned is called. */
  breaks(what: Breakable, host: DockerHost | undefined): () => void {
    const broken = { what, host: host?.name, from: performance.now(), until: Number.POSITIVE_INFINITY };
    this.broken.push(broken);
    return () => {
      broken.until = performance.now();
    };
  }

  isDown(host: DockerHost): boolean {
    const now = performance.now();
    return this.broken.some(each => each.what === 'engine' && each.host === host.name && each.until > now);
  }

  /** An engine that starts ends the containers that it finds. */
  engineStarts(host: DockerHost): void {
    for (const each of this.kept) if (each.host === host.name) each.until = Math.min(each.until, performance.now());
  }

  wrote(volume: string, file: string, content: string): void {
    this.written.push({ volume, file, sha256: createHash('sha256').update(content).digest('hex') });
  }

  /** Does what changes something for everybody, and remembers what was answered; undefined: it was not done. */
  async call<T>(what: What, host: DockerHost, volume: string, act: () => Promise<T>): Promise<T | undefined> {
    const began = performance.now();
    const done = (more: Pick<Call, 'outcome' | 'message'>) =>
      this.calls.push({ what, host: host.name, volume, began, ended: performance.now(), ...more });
    try {
      const value = await act();
      done({ outcome: 'done' });
      return value;
    } catch (error) {
      const { message, refusal } = this.refused(`${what} ${volume}`, host, began, error);
      done({ outcome: (refusal?.mayHaveHappened ?? true) ? 'not known' : 'refused', message });
      return undefined;
    }
  }

  /** Files away why something failed. */
  refused(
    what: string,
    host: DockerHost,
    began: number,
    error: unknown,
  ): { message: string; refusal: Refusal | undefined } {
    const message = wordsOf(error);
    const refusal = this.#expected(message, host, began);
    if (refusal === undefined) this.strange.push(`host ${host.name}, ${what}: ${message || '(no word)'}`);
    const kind = refusal === undefined ? 'strange' : `${refusal.whose}: ${refusal.kind}`;
    this.refusals.set(kind, (this.refusals.get(kind) ?? 0) + 1);
    return { message, refusal };
  }

  /** Whether the host felt it at any time since then. */
  felt(what: Breakable, host: DockerHost, since: number): boolean {
    return this.broken.some(
      each => each.what === what && (each.host ?? host.name) === host.name && each.until + FELT_FOR > since,
    );
  }

  #expected(message: string, host: DockerHost, since: number): Refusal | undefined {
    const refusal = refusalOf(message);
    // Who starts the engine starts its plugin too.
    const felt = (what: 'plugin' | 'engine') => this.felt(what, host, since) || this.felt('engine', host, since);
    return refusal?.onlyAfter === undefined || felt(refusal.onlyAfter) ? refusal : undefined;
  }
}

/** Of an error that has no words its code: those of a socket. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
