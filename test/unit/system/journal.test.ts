import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Journal, type JournalProblem } from '../../../src/system/journal.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
const now = () => new Date('2026-01-02T03:04:05.678Z');

function open(file = folder('journal')) {
  const problems: JournalProblem[] = [];
  const journal = new Journal(file, problem => problems.push(problem), now);
  return { journal, problems };
}

const entriesOf = (file?: string) => Object.fromEntries(open(file).journal.entries);

describe('a journal', () => {
  test('what was set is there after a restart, and what was deleted is not', () => {
    const { journal } = open(folder('new/journal'));
    journal.set(
      [
        ['a', 1],
        ['b', { deep: ['x'] }],
        ['c', 'line\nbreak ü'],
      ],
      true,
    );
    journal.set([['a', 2]], false);
    journal.delete(['b', 'never there']);
    expect(Object.fromEntries(journal.entries)).toEqual({ a: 2, c: 'line\nbreak ü' });
    expect(entriesOf(folder('new/journal'))).toEqual({ a: 2, c: 'line\nbreak ü' });
  });

  test('any history gives after a restart what it gave before', () => {
    const key = fc.constantFrom('a', 'b', '__proto__', '', 'ü\n');
    const step = fc.oneof(
      fc.record({ set: fc.array(fc.tuple(key, fc.jsonValue()), { maxLength: 3 }) }),
      fc.record({ drop: fc.array(key, { maxLength: 3 }) }),
    );
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), steps => {
        run += 1;
        const file = folder(`journal-${run}`);
        const { journal } = open(file);
        for (const one of steps) {
          if ('set' in one) journal.set(one.set, false);
          else journal.delete(one.drop);
        }
        const again = open(file);
        // Through JSON once: -0 is 0 afterwards.
        expect(JSON.stringify([...again.journal.entries])).toBe(JSON.stringify([...journal.entries]));
        expect(again.problems).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('a change without anything in it writes nothing', () => {
    const { journal } = open();
    journal.set([], true);
    journal.delete(['unknown']);
    expect(readdirSync(folder())).toEqual([]);
  });

  test('wherever a power cut tears the last line, all before it is there and the next change is kept', () => {
    open().journal.set(
      [
        ['a', 1],
        ['b', 2],
      ],
      true,
    );
    const whole = readFileSync(folder('journal'));
    const last = '["b",2]\n'.length;
    for (let lost = 1; lost <= last; lost += 1) {
      const file = folder(`torn-${lost}`);
      writeFileSync(file, whole);
      truncateSync(file, whole.length - lost);
      const { journal, problems } = open(file);
      expect(problems).toEqual([]);
      expect(Object.fromEntries(journal.entries)).toEqual({ a: 1 });
      journal.set([['c', 3]], true);
      expect(entriesOf(file)).toEqual({ a: 1, c: 3 });
    }
  });

  test('unreadable lines in the middle hide no other, are reported, and the file as it was is kept', () => {
    open().journal.set([['a', 1]], true);
    appendFileSync(folder('journal'), 'rubbish\n["too","many","parts"]\n[1,2]\n');
    appendFileSync(folder('journal'), '["b",2]\n');
    const before = readFileSync(folder('journal'), 'utf8');
    const { journal, problems } = open();
    expect(Object.fromEntries(journal.entries)).toEqual({ a: 1, b: 2 });
    const aside = `${folder('journal')}.corrupt-2026-01-02T030405.678Z`;
    expect(problems).toEqual([{ file: folder('journal'), aside, unreadableLines: 3 }]);
    expect(readFileSync(aside, 'utf8')).toBe(before);
    expect(open().problems).toEqual([]);
  });

  test('history is folded away: a thousand changes of one entry do not make a file of a thousand lines for ever', () => {
    const { journal } = open();
    for (let n = 0; n < 5000; n += 1) journal.set([['counter', n]], false);
    expect(readFileSync(folder('journal'), 'utf8').split('\n').length).toBeLessThan(1100);
    expect(entriesOf()).toEqual({ counter: 4999 });
  });

  test('on a full disk a failed change is in neither memory nor file, and does not swallow the next one', () => {
    mkdirSync(folder('tiny'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('tiny')]);
    const file = folder('tiny/journal');
    const { journal } = open(file);
    journal.set([['a', 1]], true);
    const { size } = statSync(file);
    expect(() => journal.set([['big', 'x'.repeat(200_000)]], true)).toThrow('ENOSPC');
    expect([...journal.entries.keys()]).toEqual(['a']);
    expect(statSync(file).size).toBe(size);
    journal.set([['b', 2]], true);
    expect(entriesOf(file)).toEqual({ a: 1, b: 2 });
    expect(open(file).problems).toEqual([]);
  });

  test('a hundred thousand entries are appended to, one by one, and read again', () => {
    const { journal } = open();
    const many = Array.from({ length: 100_000 }, (_, n) => [`volume-${n}`, { state: 'ready', n }] as const);
    const began = performance.now();
    journal.set(many, true);
    const filled = performance.now();
    for (let n = 0; n < 100; n += 1) journal.set([[`volume-${n}`, { state: 'removing', n }]], false);
    const appended = performance.now();
    const again = open().journal;
    const read = performance.now();
    expect(again.entries.size).toBe(100_000);
    expect(again.entries.get('volume-99')).toEqual({ state: 'removing', n: 99 });
    process.stdout.write(
      `journal of 100000 entries: filled in ${Math.round(filled - began)} ms, an append ${((appended - filled) / 100).toFixed(2)} ms, read in ${Math.round(read - appended)} ms\n`,
    );
  });
});
