import { getEventListeners } from 'node:events';
import { getActiveResourcesInfo } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { unlessAborted, withDeadline } from '../../../src/system/deadline.ts';

const never = new Promise<never>(() => {});
const late = () => new Error('too late');
const timers = () => getActiveResourcesInfo().filter(name => name === 'Timeout').length;

describe('work with a deadline', () => {
  test('work that ends in time gives its result', async () => {
    await expect(withDeadline(Promise.resolve('done'), 60_000, late)).resolves.toBe('done');
  });

  test('work that fails in time fails with its own error', async () => {
    await expect(withDeadline(Promise.reject(new Error('broken')), 60_000, late)).rejects.toThrow('broken');
  });

  test('work that ended in time leaves no timer behind', async () => {
    // Jest has timers of its own that come and go, so a leak has to be larger than these to be seen.
    const before = timers();
    for (let i = 0; i < 50; i++) {
      await withDeadline(Promise.resolve(i), 60_000, late);
      await withDeadline(Promise.reject(new Error('broken')), 60_000, late).catch(() => {});
    }
    expect(timers()).toBeLessThan(before + 50);
  });

  test('work that never ends fails at the deadline with the error asked for', async () => {
    await expect(withDeadline(never, 10, late)).rejects.toThrow('too late');
  });

  test('work that fails after the deadline disturbs nobody', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const slow = sleep(30).then(() => Promise.reject(new Error('far too late')));
      await expect(withDeadline(slow, 5, late)).rejects.toThrow('too late');
      await sleep(60);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

describe('work that can be called off', () => {
  test('it ends when the signal says so, also when that was before', async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(never, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(unlessAborted(never, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('work that ends by itself gives its result and leaves the signal as it was', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve('done'), signal)).resolves.toBe('done');
    await expect(unlessAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
    await sleep(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
