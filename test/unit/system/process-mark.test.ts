import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { hasEnded, markOfProcess, ownProcess, type ProcessMark, stillLives } from '../../../src/system/process-mark.ts';

const own = ownProcess() as ProcessMark;

describe('a process', () => {
  test('that lives has not ended', () => {
    expect(own).toMatchObject({ pid: process.pid, boot: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(hasEnded(own)).toBe(false);
  });

  test('that is gone has ended, and so has one whose number another has now', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    expect(hasEnded({ ...own, pid: child.pid ?? 0, started: '1' })).toBe(true);
    expect(hasEnded({ ...own, started: `${own.started}0` })).toBe(true);
  });

  test('lives still only when it is the very same one', async () => {
    const child = spawn('sleep', ['600']);
    const mark = markOfProcess(child.pid ?? 0) as ProcessMark;
    expect(stillLives(mark)).toBe(true);
    expect(stillLives({ ...mark, started: '1' })).toBe(false);
    expect(stillLives({ ...mark, boot: 'x' })).toBe(false);
    expect(stillLives({ ...mark, namespace: 'pid:[1]' })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(stillLives(mark)).toBe(false);
    expect(markOfProcess(child.pid ?? 0)).toBeUndefined();
  });

  test.each([
    ['of another machine, or of an earlier boot', { boot: '11111111-2222-3333-4444-555555555555' }],
    ['with numbers of its own', { namespace: 'pid:[1]' }],
  ])('%s is nothing that can be known', (_, other) => {
    expect(hasEnded({ ...own, pid: 4_000_000, ...other })).toBe(false);
    expect(hasEnded(undefined)).toBe(false);
    expect(hasEnded(own, undefined)).toBe(false);
  });
});
