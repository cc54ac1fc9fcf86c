// What Docker had said by the moment of a power cut, kept outside the VM: to sync it to the VM's own disk would sync
// everything else with it.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const LEFT = '/vm/from-the-last-life.jsonl';

export interface Acknowledged {
  /** `creating` and `removing`: asked for, and not answered yet. */
  readonly what: 'creating' | 'created' | 'removing' | 'removed' | 'wrote' | 'cut';
  readonly volume: string;
}

const counts = new Map<Acknowledged['what'], number>();

export const countOf = (what: Acknowledged['what']) => counts.get(what) ?? 0;

export function remember(what: Acknowledged['what'], volume = ''): void {
  appendFileSync('/out/for-the-next-life.jsonl', `${JSON.stringify({ what, volume })}\n`);
  counts.set(what, countOf(what) + 1);
}

/** Whether the VM has had a life before, on the disk it has now. */
export const isLaterLife = () => existsSync(LEFT);

export function remembered(): Acknowledged[] {
  const lines = readFileSync(LEFT, 'utf8').trim().split('\n');
  return lines.map(line => JSON.parse(line) as Acknowledged);
}
