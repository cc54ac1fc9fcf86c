// What a share can do to an operation, and for how long.

import type { Fault } from '../../fakes/faulty-files.ts';

export interface FaultKind {
  readonly title: string;
  /** Hits the operation of this number, counted from 1, or that one and all later ones. */
  readonly at: (number: number) => Fault;
}

const REFUSALS = ['ENOSPC', 'EROFS', 'EIO', 'ESTALE', 'EACCES', 'ETIMEDOUT'];
/** After these nobody knows whether the operation was done: here it was. */
const LOST = ['EIO', 'ETIMEDOUT'];
const SLOW_MS = 3;

const once = (title: string, fault: Fault): FaultKind => ({
  title: `${title}, once`,
  at: nth => ({ ...fault, nth }),
});
const onwards = (title: string, fault: Fault): FaultKind => ({
  title: `${title}, from then on`,
  at: from => ({ ...fault, from }),
});
const both = (title: string, fault: Fault) => [once(title, fault), onwards(title, fault)];

export const faultKinds: readonly FaultKind[] = [
  ...REFUSALS.flatMap(errno => both(errno, { errno })),
  ...LOST.flatMap(errno => both(`done, but ${errno}`, { errno, done: true })),
  onwards('slow', { delay: SLOW_MS }),
];
