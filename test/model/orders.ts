// What is explored: with every change, and by `make model`.

import type { Wanted } from './scenes.ts';

export type Order = Wanted & { readonly faults: number };

const order = (isThere: boolean, faults: number, ...hosts: Wanted['hosts'][number][]): Order => ({
  hosts,
  isThere,
  faults,
});

export const few: readonly Order[] = [
  order(true, 0, ['mount'], ['remove']),
  order(true, 0, ['mount'], ['mount', 'unmount'], ['remove']),
  order(true, 0, ['mount'], ['remove', 'create']),
  order(false, 0, ['create'], ['create']),
  order(true, 1, ['mount'], ['remove']),
];

export const many: readonly Order[] = [
  ...few,
  order(true, 1, ['mount', 'unmount'], ['remove']),
  order(true, 0, ['remove'], ['remove']),
  order(true, 2, ['mount'], ['remove']),
  order(true, 1, ['mount'], ['remove', 'create']),
  order(false, 1, ['create', 'mount'], ['remove']),
  order(true, 1, ['mount'], ['mount'], ['remove']),
  order(true, 0, ['mount', 'unmount'], ['remove'], ['remove']),
  order(false, 0, ['create', 'mount'], ['create', 'remove']),
  order(false, 1, ['create'], ['create']),
  order(true, 1, ['remove'], ['remove']),
];

export function titleOf({ hosts, isThere, faults }: Order): string {
  const all = hosts.map(verbs => verbs.join(', ')).join(' | ');
  return `${all} (${isThere ? 'the volume is there' : 'no volume yet'}, ${faults} faults)`;
}
