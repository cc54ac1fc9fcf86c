import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Budget } from '../../../src/system/budget.ts';

function budgetAt(milliseconds: number) {
  let now = 1000;
  const budget = new Budget('mounting the volume', milliseconds, () => now);
  const pass = (by: number) => {
    now += by;
  };
  return { budget, pass };
}

describe('the time of one call', () => {
  test('a step gets what is left, or less when it needs less', () => {
    const { budget, pass } = budgetAt(25_000);
    expect(budget.left()).toBe(25_000);
    pass(20_000);
    expect(budget.left()).toBe(5000);
    expect(budget.left(2000)).toBe(2000);
    expect(budget.left(9000)).toBe(5000);
  });

  test('with nothing left no step begins, and the sentence says what took how long', () => {
    const { budget, pass } = budgetAt(25_000);
    pass(25_000);
    expect(() => budget.left()).toThrow(/mounting the volume did not end within 25 s/);
  });

  test('work that takes longer than what is left fails then', async () => {
    const budget = new Budget('waiting', 20);
    await expect(budget.run(new Promise(() => {}))).rejects.toMatchObject({ code: 'TimedOut' });
  });

  test('work handed over too late fails its caller alone, also when it fails later itself', async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', note);
    try {
      const { budget, pass } = budgetAt(10);
      pass(11);
      const failing = sleep(20).then(() => Promise.reject(new Error('the share is gone')));
      const told = (async () => await budget.run(failing))();
      await expect(told).rejects.toMatchObject({ code: 'TimedOut' });
      await sleep(60);
      expect(unheard).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
