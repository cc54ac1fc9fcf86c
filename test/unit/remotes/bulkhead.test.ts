import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Bulkhead, Stuck } from '../../../src/remotes/bulkhead.ts';

const ample = 20_000;
const failureOf = async (work: Promise<unknown>) =>
  await work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Calls that hang until they are let go. */
function hanging() {
  const letGo: (() => void)[] = [];
  const call = () => new Promise<string>(resolve => letGo.push(() => resolve('came back')));
  return { call, letGo };
}

describe('calls on one share', () => {
  test('give their result, or fail as they fail', async () => {
    const bulkhead = new Bulkhead();
    await expect(bulkhead.run('reading', ample, () => Promise.resolve('text'))).resolves.toBe('text');
    const broken = new Error('broken');
    await expect(bulkhead.run('reading', ample, () => Promise.reject(broken))).rejects.toBe(broken);
  });

  test('at most eight are at work, however many wait', async () => {
    const bulkhead = new Bulkhead();
    let now = 0;
    let most = 0;
    const call = async () => {
      now += 1;
      most = Math.max(most, now);
      await sleep(2);
      now -= 1;
    };
    await Promise.all(Array.from({ length: 50 }, () => bulkhead.run('reading', ample, call)));
    expect(most).toBe(8);
  });

  test('one that hangs is told from one that never had its turn', async () => {
    const bulkhead = new Bulkhead();
    const { call, letGo } = hanging();
    const stuck = Array.from({ length: 8 }, () => failureOf(bulkhead.run('reading', 50, call)));
    let began = false;
    const waiting = await failureOf(
      bulkhead.run('looking', 50, () => {
        began = true;
        return Promise.resolve();
      }),
    );
    for (const failure of await Promise.all(stuck)) {
      expect(failure).toMatchObject({ code: 'TimedOut', cause: expect.any(Stuck) });
    }
    expect(waiting).toMatchObject({ code: 'TimedOut', fields: { what: 'looking' } });
    expect((waiting as Error).cause).toBeUndefined();
    // Its caller was told that it is over: when turns are free again it must not begin after all.
    for (const go of letGo) go();
    await expect(bulkhead.run('reading', ample, () => Promise.resolve('works again'))).resolves.toBe('works again');
    expect(began).toBe(false);
  });

  test('hanging calls keep their turns until they come back', async () => {
    const bulkhead = new Bulkhead();
    const { call, letGo } = hanging();
    await Promise.all(Array.from({ length: 8 }, () => failureOf(bulkhead.run('reading', 10, call))));
    const next = bulkhead.run('reading', ample, () => Promise.resolve('at last'));
    await sleep(30);
    letGo[0]?.();
    await expect(next).resolves.toBe('at last');
  });

  test('one that fails long after its caller has gone disturbs nobody', async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', note);
    try {
      const late = () => sleep(40).then(() => Promise.reject(new Error('far too late')));
      expect(await failureOf(new Bulkhead().run('reading', 5, late))).toMatchObject({ code: 'TimedOut' });
      await sleep(80);
      expect(unheard).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
