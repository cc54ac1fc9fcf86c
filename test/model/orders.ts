// What is explored: with every change, and by `make model`.

import type { Wanted } from './scenes.ts';

export type Order = Wanted & { readonly faults: number };

const order = (at: Wanted['at'], faults: number, ...hosts: Wanted['hosts'][number][]): Order => ({
  hosts,
  at,
  faults,
});

export const few: readonly Order[] = [
  order('in its place', 0, ['mount'], ['remove']),
  order('in its place', 0, ['mount'], ['mount', 'unmount'], ['remove']),
  order('in its place', 0, ['mount'], ['remove', 'create']),
  order('nowhere', 0, ['create'], ['create']),
  order('in its place', 1, ['mount'], ['remove']),
  order('in trash', 0, ['restore'], ['create']),
  order('in trash', 1, ['restore']),
];

export const many: readonly Order[] = [
  ...few,
  order('in its place', 1, ['mount', 'unmount'], ['remove']),
  order('in its place', 0, ['remove'], ['remove']),
  order('in its place', 2, ['mount'], ['remove']),
  order('in its place', 1, ['mount'], ['remove', 'create']),
  order('nowhere', 1, ['create', 'mount'], ['remove']),
  order('in its place', 1, ['mount'], ['mount'], ['remove']),
  order('in its place', 0, ['mount', 'unmount'], ['remove'], ['remove']),
  order('nowhere', 0, ['create', 'mount'], ['create', 'remove']),
  order('nowhere', 1, ['create'], ['create']),
  order('in its place', 1, ['remove'], ['remove']),
  order('in trash', 2, ['restore']),
  order('in trash', 0, ['restore'], ['restore']),
  order('in trash', 1, ['restore'], ['restore']),
  order('in trash', 1, ['restore'], ['create', 'mount']),
  order('in trash', 0, ['restore'], ['create', 'remove']),
];

export function titleOf({ hosts, at, faults }: Order): string {
  const all = hosts.map(verbs => verbs.join(', ')).join(' | ');
  return `${all} (the volume is ${at}, ${faults} faults)`;
}
