// What a person sees of a run: a line for each case as it ends, and the sum.

import type { Result } from '../guest/results.ts';
import type { Outcome } from './boot.ts';

export function show(result: Result): void {
  if (result.kind === 'note') console.log(`        ${result.text}`);
  if (result.kind === 'retry') console.log(`  RETRY ${result.text}`);
  if (result.kind !== 'ended') return;
  const mark = result.problem === undefined ? 'ok  ' : 'FAIL';
  console.log(`  ${mark}  ${result.seconds.toFixed(1).padStart(5)} s  ${result.suite}: ${result.title}`);
  if (result.problem !== undefined) console.log(result.problem.replace(/^/gm, '          '));
}

/** Whether all is well: every boot came to its end, and no case failed. */
export function summarise(outcomes: readonly Outcome[], secondBoots: number, seconds: number): boolean {
  const retries =
    secondBoots + outcomes.flatMap(({ results }) => results).filter(({ kind }) => kind === 'retry').length;
  const ended = outcomes.flatMap(({ results }) => results).filter(result => result.kind === 'ended');
  const failed = ended.filter(({ problem }) => problem !== undefined);
  for (const { complete, end, results, folder } of outcomes.filter(outcome => !outcome.complete)) {
    const last = results.findLast(result => result.kind === 'begun');
    console.log(
      `a boot did not come to its end (complete: ${complete}, VM ${end}), last case: ${last?.title ?? 'none'}; see ${folder}`,
    );
  }
  console.log(
    `${ended.length - failed.length} cases passed, ${failed.length} failed, ${outcomes.length} boots, ${retries} retries, ${seconds} s`,
  );
  return failed.length === 0 && ended.length > 0 && outcomes.every(({ complete }) => complete);
}
