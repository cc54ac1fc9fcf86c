import { expect, test } from '@jest/globals';
import type { Result } from '../../vm/guest/results.ts';
import type { Outcome } from '../../vm/host/boot.ts';
import { sumUp } from '../../vm/host/report.ts';

const begun: Result = { kind: 'begun', suite: 'nfs', title: 'I create a volume' };
const passed: Result = { kind: 'ended', suite: 'nfs', title: 'I create a volume', seconds: 1 };
const failed: Result = { ...passed, problem: 'no such volume' };
const retried: Result = { kind: 'retry', text: 'the plugin did not start in time' };
const whole = (...results: Result[]): Outcome => ({ complete: true, end: 'off', results, folder: '/runs/nfs' });

test('a run in which every case passed and every boot ended is good', () => {
  expect(sumUp([whole(begun, passed)], 0, 60)).toEqual({
    good: true,
    lines: ['1 cases passed, 0 failed, 1 boots, 0 retries, 60 s'],
  });
});

test('one failed case makes the run bad', () => {
  expect(sumUp([whole(begun, passed), whole(begun, failed)], 0, 60).good).toBe(false);
});

test('a run without a single case is bad', () => {
  expect(sumUp([whole()], 0, 60).good).toBe(false);
});

test('a VM that stops dead makes the run bad although its cases passed, and the last one is named', () => {
  const frozen: Outcome = { ...whole(begun, passed, begun), complete: false, end: 'frozen' };
  const { good, lines } = sumUp([frozen], 0, 60);
  expect(good).toBe(false);
  expect(lines[0]).toMatch(/"I create a volume" the VM was frozen.*\/runs\/nfs/);
});

test('retries are counted, those of a boot and those in one', () => {
  expect(sumUp([whole(retried, begun, passed)], 1, 60).lines.at(-1)).toContain('2 retries');
});
