// What a person sees of a run: a line for each case as it ends, and the sum.

import type { Result } from '../guest/results.ts';
import type { Outcome } from './boot.ts';

export interface Sum {
  /** Every boot came to its end, and no case failed. */
  readonly good: boolean;
  readonly lines: readonly string[];
}

export function sumUp(outcomes: readonly Outcome[], secondBoots: number, seconds: number): Sum {
  const results = outcomes.flatMap(outcome => outcome.results);
  const ended = results.filter(result => result.kind === 'ended');
  const failed = ended.filter(({ problem }) => problem !== undefined);
  const broken = outcomes.filter(({ complete }) => !complete);
  const retries = secondBoots + results.filter(({ kind }) => kind === 'retry').length;
  const counts = [
    `${ended.length - failed.length} cases passed`,
    `${failed.length} failed`,
    `${outcomes.length} boots`,
    `${retries} retries`,
    `${seconds} s`,
  ];
  return {
    good: failed.length === 0 && broken.length === 0 && ended.length > 0,
    lines: [...broken.map(describeBroken), counts.join(', ')],
  };
}

export function show(result: Result): void {
  for (const line of linesOf(result)) console.log(line);
}

function linesOf(result: Result): string[] {
  switch (result.kind) {
    case 'note':
      return [`        ${result.text}`];
    case 'retry':
      return [`  RETRY ${result.text}`];
    case 'ended': {
      const { problem, seconds, suite, title } = result;
      const line = `  ${problem === undefined ? 'ok  ' : 'FAIL'}  ${seconds.toFixed(1).padStart(5)} s  ${suite}: ${title}`;
      return problem === undefined ? [line] : [line, problem.replace(/^/gm, '          ')];
    }
    case 'measured': {
      const { fault, driver, call, seconds, outcome } = result;
      const what = outcome === undefined ? 'no end yet' : outcome.slice(0, 200);
      return [`        ${fault} · ${driver} · ${call}: ${seconds} s, ${what}`];
    }
    case 'begun':
    case 'all-done':
      return [];
  }
}

function describeBroken({ end, results, folder }: Outcome): string {
  const last = results.findLast(result => result.kind === 'begun');
  const where = last === undefined ? 'before its first case' : `in or after "${last.title}"`;
  return `a boot did not come to its end: ${where} the VM was ${end}; its logs are in ${folder}`;
}
