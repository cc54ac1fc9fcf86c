import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readConfigFile } from '../../../src/remotes/config-file.ts';
import { readJson } from '../../../src/remotes/config-text.ts';

describe('broken JSON is told with its place', () => {
  test.each([
    ['{"a": 1,}', 'line 1, column 9: expected a key in double quotes, found "}"'],
    [
      '{\n  "a": 1\n  "b": 2\n}',
      'line 3, column 3: expected "," or "}", found a text that has no end or a wrong character in it, or stands in the wrong place',
    ],
    ['{"a" 1}', 'line 1, column 6: expected ":", found something else'],
    ["{'a': 1}", 'line 1, column 2: expected a key in double quotes, found "\'"'],
    ['{"a": secret}', 'line 1, column 7: expected a value, found something else'],
    ['{"a": [1, 2}', 'line 1, column 12: expected "," or "]", found "}"'],
    ['{"a": 1', 'line 1, column 8: expected "," or "}", found the end'],
    ['{} {}', 'line 1, column 4: expected the end, found "{"'],
    ['', 'line 1, column 1: expected a value, found the end'],
    ['{"nas": {}, "nas": {}}', 'line 1, column 13: this key stands twice in the same map'],
    ['{"nas": {}, "n\\u0061s": {}}', 'line 1, column 13: this key stands twice in the same map'],
    ['['.repeat(200), 'line 1, column 102: maps and lists are nested more than 100 deep'],
  ])('%j', (text, problem) => {
    expect(readJson(text)).toEqual({ problem });
  });

  test('what JSON.parse takes is taken, what it refuses is refused, and nothing is thrown', () => {
    const parsed = (text: string) => {
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return undefined;
      }
    };
    const spoilt = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', '{', ']', ':', '\\', '1', '-', '\u0001', ' '),
      )
      .map(([json, at, piece]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + piece + json.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), spoilt, fc.string()), text => {
        const read = readJson(text);
        const expected = parsed(text);
        if ('value' in read) expect(read).toEqual(expected);
        else if (expected !== undefined) expect(read.problem).toMatch(/stands twice|nested more/);
        else expect(read.problem).toMatch(/^line \d+, column \d+: .{5,}/);
      }),
      { numRuns: 2000 },
    );
  });

  test('a mark that an editor put in front of the text does no harm', () => {
    expect(readJson('\uFEFF{"a":1}')).toEqual({ value: { a: 1 } });
  });
});

describe('the config file', () => {
  test('that is not set, not there, or a folder Docker made for a missing source, is none', () => {
    expect(readConfigFile('/dev/null')).toEqual({ text: undefined });
    expect(readConfigFile(join(tmpdir(), 'there-is-no-such-config-file'))).toEqual({ text: undefined });
    expect(readConfigFile(tmpdir())).toEqual({ text: undefined });
  });

  test('that is there is read, and one that cannot be is a fault and not none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    try {
      const file = join(folder, 'config.json');
      writeFileSync(file, '{}');
      expect(readConfigFile(file)).toEqual({ text: '{}' });
      writeFileSync(file, ' '.repeat(1_048_577));
      expect(readConfigFile(file).fault).toContain('larger than');
      const loop = join(folder, 'loop');
      symlinkSync(loop, loop);
      expect(readConfigFile(loop)).toEqual({
        text: undefined,
        fault: expect.stringMatching(/^the config file cannot be read: .+/),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
