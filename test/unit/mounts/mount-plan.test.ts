import { describe, expect, test } from '@jest/globals';
import { describePlan } from '../../../src/mounts/mount-plan.ts';

describe('a plan in words', () => {
  test('names what is mounted and how', () => {
    expect(describePlan({ kind: 'bind', source: '/srv/data', options: ['ro', 'nodev'] })).toBe(
      'the folder /srv/data with ro,nodev',
    );
    expect(describePlan({ kind: 'bind', source: '/srv/data', options: [] })).toBe('the folder /srv/data');
    const share = { kind: 'helper', helper: 'mount.nfs', source: '10.0.0.5:/export', fsTypes: ['nfs4'] } as const;
    expect(describePlan({ ...share, options: ['vers=4.2'] })).toBe('10.0.0.5:/export with vers=4.2');
  });
});
