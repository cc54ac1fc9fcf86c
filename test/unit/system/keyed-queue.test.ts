import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { KeyedQueue } from '../../../src/system/keyed-queue.ts';

describe('a queue per key', () => {
  test('tasks of one key run one at a time, in the order they came', async () => {
    const queue = new KeyedQueue();
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} begins`);
      await sleep(5);
      seen.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map(name => queue.run('key', task(name))));
    expect(seen).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]));
  });

  test('a stuck task holds nobody of another key', async () => {
    const queue = new KeyedQueue();
    void queue.run('dead', () => new Promise(() => {}));
    await expect(queue.run('alive', () => Promise.resolve('done'))).resolves.toBe('done');
  });

  test('a task that fails, by throwing at once too, fails alone', async () => {
    const queue = new KeyedQueue();
    const first = queue.run('key', () => Promise.reject(new Error('broken')));
    const second = queue.run('key', () => {
      throw new Error('at once');
    });
    const third = queue.run('key', () => Promise.resolve('done'));
    await expect(first).rejects.toThrow('broken');
    await expect(second).rejects.toThrow('at once');
    await expect(third).resolves.toBe('done');
  });

  test('a key with nothing left to do is forgotten', async () => {
    const queue = new KeyedQueue();
    const works = Array.from({ length: 100 }, (_, n) => queue.run(String(n % 10), () => sleep(1)));
    expect(queue.busyKeys).toBe(10);
    await Promise.all(works);
    await queue.run('0', () => Promise.reject(new Error('broken'))).catch(() => {});
    await sleep(0);
    expect(queue.busyKeys).toBe(0);
  });
});
