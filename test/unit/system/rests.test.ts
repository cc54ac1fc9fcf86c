import { beforeEach, expect, test } from '@jest/globals';
import { rests } from '../../../src/system/rests.ts';

let time: number;
let pauses: number[];
let rest: () => void;
beforeEach(() => {
  [time, pauses] = [0, []];
  rest = rests({
    now: () => time,
    pause: milliseconds => {
      pauses.push(milliseconds);
      time += milliseconds;
    },
  });
});
function steps(count: number, milliseconds: number): void {
  for (let step = 0; step < count; step += 1) {
    time += milliseconds;
    rest();
  }
}

test('half of the time belongs to others, in pieces they do not feel', () => {
  steps(1000, 1);
  expect(time).toBe(2000);
  expect(new Set(pauses)).toEqual(new Set([20]));
});

test('a slow server gets as long a rest as each step has taken, and an outage is not waited for twice', () => {
  steps(3, 150);
  expect(pauses).toEqual([150, 150, 150]);
  steps(1, 60_000);
  expect(pauses.at(-1)).toBe(500);
});
