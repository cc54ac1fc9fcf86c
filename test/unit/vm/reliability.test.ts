import { describe, expect, test } from '@jest/globals';
import type { Measurement } from '../../vm/guest/results.ts';
import { tables, withTables } from '../../vm/host/reliability.ts';

const ours: Measurement = {
  fault: 'the server is gone',
  driver: 'nfs-shared, NFSv3',
  call: 'docker volume ls',
  seconds: 0.3,
  outcome: 'ok',
};
const theirs: Measurement = { ...ours, driver: 'built-in, NFSv4.2', seconds: 60.04 };
const hung: Measurement = (({ outcome: _, ...rest }) => rest)(theirs);

describe('the table of the outages', () => {
  test('has a row for each call and a column for each driver, ours first', () => {
    const create = { ...ours, call: 'docker volume create', seconds: 2.1, outcome: '500: create x: no answer' };
    expect(tables([hung, ours, create])).toBe(
      [
        '| what is wrong | call | nfs-shared, NFSv3 | built-in, NFSv4.2 |',
        '| --- | --- | --- | --- |',
        '| the server is gone | docker volume ls | 0.3 s ok | > 60 s |',
        '|  | docker volume create | 2.1 s, refused: create x: no answer |  |',
      ].join('\n'),
    );
  });

  test('says what was refused without what Docker puts in front, on one line and not for ever', () => {
    const outcome = `500: create v: Cannot create "v@nas": the share of remote dir "nas" does\nnot | answer ${'x'.repeat(200)}`;
    const line = tables([{ ...ours, outcome }]).split('\n')[2] ?? '';
    expect(line).toMatch(/refused: the share does not \/ answer x{50,80}… \|$/);
    expect(line.match(/\|/g)).toHaveLength(4);
  });

  test('puts what comes afterwards last, whenever it ended', () => {
    const after = { ...ours, call: 'afterwards, until docker run works' };
    const lines = tables([after, ours]).split('\n');
    expect(lines[3]).toContain('afterwards');
  });

  test('shows the slowest of several, and what had no end before all others', () => {
    const slow = { ...ours, seconds: 70 };
    expect(tables([ours, slow, { ...ours, seconds: 1 }])).toContain('70.0 s ok');
    expect(tables([{ ...hung, driver: ours.driver }, slow])).toContain('> 60 s');
  });

  test('keeps apart what was asked of others', () => {
    const kernel = { ...ours, fault: 'umount -f', driver: 'kernel' };
    expect(tables([ours, theirs, kernel]).split('\n\n')).toHaveLength(2);
  });
});

describe('the page around it', () => {
  const page = 'before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n';

  test('keeps its own words, and is the same when written twice', () => {
    const once = withTables(page, [ours]);
    expect(once).toMatch(/^before\n<!-- measured -->\n\n\| what[\s\S]*\n\n<!-- \/measured -->\nafter\n$/);
    expect(once).not.toContain('old');
    expect(withTables(once, [ours])).toBe(once);
  });

  test('must have a place for it', () => {
    expect(() => withTables('nothing here', [ours])).toThrow(/no place/);
  });
});
