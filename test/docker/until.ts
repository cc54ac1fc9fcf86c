import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until there is something to be seen, and says what it waited for when there never is. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`);
    await sleep(50);
  }
}
