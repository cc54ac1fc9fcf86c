// Of the addresses of one share, which is used? All are asked at once, and the first in their order that answers it is.

import type { ProbeResult } from './probe.ts';
import type { RemoteDir } from './remote-dir.ts';

export type Reached = { readonly ok: true; readonly dir: RemoteDir } | { readonly ok: false; readonly problem: string };

/** `dirs`: the same share by each of its addresses. */
export async function firstThatAnswers(
  dirs: readonly RemoteDir[],
  ask: (dir: RemoteDir) => Promise<ProbeResult>,
): Promise<Reached> {
  const asked = dirs.map(dir => ({ dir, answer: ask(dir) }));
  const problems: string[] = [];
  for (const each of asked) {
    const answer = await each.answer;
    if (answer.ok) return { ok: true, dir: each.dir };
    problems.push(answer.problem);
  }
  return { ok: false, problem: problems.join('; ') };
}
