// Somebody ends without a word, with volumes in use: what is there afterwards.

import type { Case, Suite } from '../guest/cases.ts';
import { remoteDirs, shares } from './crash-watch.ts';

export const crashSuite = (name: string, cases: readonly Case[]): Suite => ({
  name,
  hosts: ['a'],
  remoteDirs,
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases,
});
