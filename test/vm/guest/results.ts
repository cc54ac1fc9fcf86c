// What the program in the VM has to say to the one outside: a line of JSON each, in a file that both see.

import { appendFileSync } from 'node:fs';

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
  | { readonly kind: 'all-done' };

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

export const since = (started: number) => Math.round((performance.now() - started) / 100) / 10;
