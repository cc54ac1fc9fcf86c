/** Waits for the last one also when one has failed: nothing goes on behind the back of what comes next. */
export async function allOf(works: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  const problems = ends.flatMap(end => (end.status === 'rejected' ? [String(end.reason)] : []));
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
