// What the program in the VM has to say to the one outside: a line of JSON each, in a file that both see.

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One line of the results. `begun` alone: the VM ended, or froze, in the middle of it. */
export type Result =
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'retry'; readonly text: string }
  | { readonly kind: 'begun'; readonly suite: string; readonly title: string }
  | {
      readonly kind: 'ended';
      readonly suite: string;
      readonly title: string;
      readonly seconds: number;
      readonly problem?: string;
    }
  | ({ readonly kind: 'measured' } & Measurement)
  | { readonly kind: 'all-done' };

/** One line of the tables in docs/reliability.md. */
export interface Measurement {
  /** What was broken: a row of the table. */
  readonly fault: string;
  /** Who was asked: a column. */
  readonly driver: string;
  /** What was asked of it, as a user would say it: `docker volume ls`. */
  readonly call: string;
  readonly seconds: number;
  /** `ok`, the message it failed with, or nothing when it had not ended within its limit. */
  readonly outcome?: string;
}

export function write(result: Result): void {
  appendFileSync('/out/results.jsonl', `${JSON.stringify(result)}\n`);
}

/** Carries out a step before the cases and says how long it took. */
export async function step<T>(text: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  write({ kind: 'note', text: `${text}: ${since(started)} s` });
  return result;
}

/** For tables: how long something took, beside what came of it. */
export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { seconds: since(started), value };
}

/** A line for the tables; what has not ended by `limit` goes on by itself and is not waited for. */
export async function measure(
  about: Pick<Measurement, 'fault' | 'driver' | 'call'>,
  limitSeconds: number,
  work: () => Promise<unknown>,
): Promise<Measurement> {
  const started = performance.now();
  const limit = new AbortController();
  const outcome = await Promise.race([
    work().then(
      () => 'ok',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
    sleep(limitSeconds * 1000, undefined, { signal: limit.signal }),
  ]);
  limit.abort();
  const measurement = { ...about, seconds: since(started), ...(outcome === undefined ? {} : { outcome }) };
  write({ kind: 'measured', ...measurement });
  return measurement;
}

export const since = (started: number) => Math.round((performance.now() - started) / 100) / 10;
