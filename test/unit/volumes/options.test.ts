import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../../src/errors.ts';
import { optionDifferences, parseCreateOptions, volumeOptions } from '../../../src/volumes/options.ts';

const parse = (given: Record<string, string>) => parseCreateOptions(new Map(Object.entries(given)));
const failure = (given: Record<string, string>) => {
  try {
    parse(given);
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
};

describe('the options of Create', () => {
  test('may be left out', () => {
    expect(parse({})).toEqual({ volume: {}, label: undefined, remoteDir: new Map() });
  });

  test('of the volume, of its remote dir and its label are kept apart', () => {
    const given = {
      uid: '0',
      gid: '4294967294',
      mode: '750',
      access: 'ro',
      group: 'g',
      'on-remove': 'retain',
      size: '5G',
    };
    const parsed = parse({ ...given, 'remote-dir': 'nas', addr: 'h', path: '/p', type: 'nfs4' });
    expect(parsed.volume).toEqual({
      uid: 0,
      gid: 4294967294,
      mode: '0750',
      access: 'ro',
      group: 'g',
      onRemove: 'retain',
      capacity: '5G',
    });
    expect(parsed.label).toBe('nas');
    expect([...parsed.remoteDir.keys()].sort()).toEqual(['addr', 'path', 'type']);
  });

  test('are taken as vSphere Integrated Containers has them, in any case of letters', () => {
    for (const given of [
      { VolumeStore: 'nas', Capacity: '5G' },
      { volumestore: 'nas', capacity: '5G' },
    ])
      expect(parse(given)).toMatchObject({ label: 'nas', volume: { capacity: '5G' } });
    expect(parse({ VolumeStore: 'nas', 'remote-dir': 'nas' }).label).toBe('nas');
    expect(failure({ 'remote-dir': 'a', VolumeStore: 'b' }).message).toBe(
      'option "VolumeStore" is "b", expected "a", as remote-dir says, or no such option',
    );
  });

  test.each([
    ['uid', ['-1', '4294967295', '1.5', '0x1', '', ' 1', '1e3', 'root']],
    ['gid', ['-1', '4294967295', 'x']],
    ['mode', ['9', '77', '0888', '07777', 'rwx', '']],
    ['access', ['RO', 'w', '']],
    ['group', ['', '-x', 'a b', 'x'.repeat(64)]],
    ['on-remove', ['keep', 'Trash', '']],
    ['size', ['', 'big', '-5G', '5Z']],
    ['Capacity', ['5 apples']],
  ])('say what is expected of %s when the value is none: %j', (option, values) => {
    for (const value of values) {
      const failed = failure({ [option]: value });
      expect(failed.code).toBe('InvalidOption');
      expect(failed.message).toContain(`option "${option}" is "${value}", expected `);
    }
  });

  test.each([
    ['Uid', 'uid'],
    ['on_remove', 'on-remove'],
    ['onremove', 'on-remove'],
    ['acess', 'access'],
    ['adr', 'addr'],
    ['remotedir', 'remote-dir'],
  ])('that do not exist are told with the one that was meant: %s is %s', (wrong, meant) => {
    expect(failure({ [wrong]: '1' }).message).toBe(`there is no option "${wrong}"; did you mean "${meant}"?`);
  });

  test.each(['__proto__', 'constructor', 'toString', '\u0000', ''])(
    'that are named like parts of the language are unknown like any other: %j',
    name => {
      const map = new Map([[name, 'x']]);
      expect(() => parseCreateOptions(map)).toThrow(/there is no option/);
    },
  );

  test('are each described for the reader', () => {
    for (const { name, help, expected } of volumeOptions)
      expect([name, help, expected].map(text => text.length > 2)).toEqual([true, true, true]);
  });
});

test('what was not asked for is no difference, and what was is named as it is written', () => {
  expect(optionDifferences({}, { uid: 5 })).toEqual([]);
  expect(optionDifferences({ uid: 5 }, { uid: 5, gid: 7 })).toEqual([]);
  expect(optionDifferences({ onRemove: 'delete', capacity: '1G' }, {})).toEqual([
    { option: 'on-remove', asked: 'delete', inForce: 'not set' },
    { option: 'size', asked: '1G', inForce: 'not set' },
  ]);
});
