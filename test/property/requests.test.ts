import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRequest, mountRequest, namedRequest } from '../../src/api/requests.ts';
import { isFailure } from '../../src/errors.ts';
import { parseRecord } from '../../src/volumes/record.ts';

// Bodies and files come from outside, too: 19,000 of them.

test('any body is a request or is refused in words', () => {
  const body = fc.oneof(
    fc.anything(),
    fc.record({ Name: fc.anything(), Opts: fc.anything(), ID: fc.anything() }, { requiredKeys: [] }),
  );
  fc.assert(
    fc.property(body, fc.constantFrom(namedRequest, createRequest, mountRequest), (given, read) => {
      try {
        expect(typeof read(given).name).toBe('string');
      } catch (error) {
        if (!isFailure(error, 'InvalidRequest')) throw error;
      }
    }),
    { numRuns: 10_000 },
  );
});

test('any text is a record or has a problem that can be told', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc
      .record(
        {
          version: fc.constantFrom(1, 2, '1'),
          folder: fc.constantFrom('v', 'w'),
          state: fc.constantFrom('ready', 'x'),
          id: fc.string(),
          since: fc.string(),
          createdAt: fc.string(),
          by: fc.anything(),
          adopted: fc.anything(),
          options: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map(record => JSON.stringify(record) ?? ''),
  );
  fc.assert(
    fc.property(text, given => {
      const record = parseRecord(given, 'v');
      if ('problem' in record) expect(record.problem.length).toBeGreaterThan(5);
      else expect(record.folder).toBe('v');
    }),
    { numRuns: 9000 },
  );
});
