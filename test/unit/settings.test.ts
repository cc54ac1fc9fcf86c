import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration, readSettings, variables } from '../../src/settings.ts';

describe('settings', () => {
  test('a plugin of which nothing was set runs with the defaults of the table', () => {
    const { settings, faults } = readSettings({ PATH: '/bin', LINGER: '' });
    expect(faults).toEqual([]);
    expect(settings).toEqual({
      remoteDirs: '',
      logLevel: 'info',
      mountWait: 20,
      linger: 60,
      onRemove: 'trash',
      trashFor: 86_400,
      deadAfter: 86_400,
      scope: 'global',
    });
  });

  test('each variable is heard', () => {
    const env = {
      REMOTE_DIRS: ' nfs://h/p:nas ',
      LOG_LEVEL: 'Debug',
      MOUNT_WAIT: '5',
      LINGER: '0',
      ON_REMOVE: 'retain',
      TRASH_FOR: '7d',
      DEAD_AFTER: '2d',
      SCOPE: 'local',
    };
    expect(Object.keys(env).sort()).toEqual(variables.map(variable => variable.name).sort());
    expect(readSettings(env)).toEqual({
      settings: {
        remoteDirs: 'nfs://h/p:nas',
        logLevel: 'debug',
        mountWait: 5,
        linger: 0,
        onRemove: 'retain',
        trashFor: 604_800,
        deadAfter: 172_800,
        scope: 'local',
      },
      faults: [],
    });
  });

  test('all faults are told at once, each with its variable, the value and what is expected, and the defaults stay in force', () => {
    const { settings, faults } = readSettings({
      LOG_LEVEL: 'loud',
      MOUNT_WAIT: '23',
      LINGER: '-1',
      ON_REMOVE: 'burn',
      SCOPE: 'local',
    });
    expect(faults).toEqual([
      'LOG_LEVEL: expected one of trace, debug, info, warn, error, found "loud"; info stays in force',
      'MOUNT_WAIT: expected a duration such as 20s, 5m, 24h or 7d, at most 22 s, found "23"; 20s stays in force',
      'LINGER: expected a duration such as 20s, 5m, 24h or 7d, found "-1"; 60s stays in force',
      'ON_REMOVE: expected one of trash, delete, retain, found "burn"; trash stays in force',
    ]);
    expect(settings).toMatchObject({ logLevel: 'info', mountWait: 20, linger: 60, onRemove: 'trash', scope: 'local' });
  });

  test.each([
    ['20', 20],
    ['20s', 20],
    ['5m', 300],
    ['24h', 86_400],
    ['7d', 604_800],
    ['0', 0],
    ['', undefined],
    ['1.5h', undefined],
    ['5 m', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['9999999999', undefined],
  ])('the duration "%s" is %s seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test('whatever is set, the answer is settings that can be used', () => {
    const values = fc.option(fc.oneof(fc.string(), fc.constantFrom('info', '5m', 'trash', 'global')), {
      nil: undefined,
    });
    const env = fc.record(Object.fromEntries(variables.map(variable => [variable.name, values])));
    fc.assert(
      fc.property(env, given => {
        const { settings, faults } = readSettings(given);
        expect(Object.values(settings)).not.toContain(undefined);
        expect(settings.mountWait).toBeLessThanOrEqual(22);
        for (const fault of faults) expect(fault).toMatch(/^[A-Z_]+: expected .+, found ".*"; .+ stays in force$/);
      }),
    );
  });
});
