import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until it is so; a generous end, since the machine may be busy. */
export async function eventually(what: string, check: () => boolean, milliseconds = 15_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!check()) {
    if (performance.now() > end) throw new Error(`it did not come to be: ${what}`);
    await sleep(20);
  }
}
