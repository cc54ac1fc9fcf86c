import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { afterOwnTime } from '../../../src/system/own-time.ts';

const beBusy = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

test('the limit is met once, and not before its time', async () => {
  const started = performance.now();
  let times = 0;
  await new Promise<void>(resolve => {
    afterOwnTime(100, () => {
      times += 1;
      resolve();
    });
    // The limit alone keeps no program alive.
    setTimeout(() => {}, 10_000).unref();
  });

  expect(performance.now() - started).toBeGreaterThan(80);
  await sleep(100);
  expect(times).toBe(1);
});

test('one that is called off is not met', async () => {
  let times = 0;
  const stop = afterOwnTime(50, () => {
    times += 1;
  });
  stop();
  await sleep(150);

  expect(times).toBe(0);
});

test('time in which this process was busy does not count', async () => {
  let isLate = false;
  const stop = afterOwnTime(400, () => {
    isLate = true;
  });
  beBusy(1000);
  await sleep(50);

  expect(isLate).toBe(false);
  stop();
});

test('a process that is busy all the time meets the limit all the same', async () => {
  let isLate = false;
  afterOwnTime(400, () => {
    isLate = true;
  });
  const started = performance.now();
  while (!isLate && performance.now() - started < 20_000) {
    beBusy(150);
    await sleep(1);
  }

  expect(isLate).toBe(true);
});
