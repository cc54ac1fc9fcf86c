// The plugin, the engine or the whole Docker host ends without a word, with volumes in use: what is there afterwards.

import type { Suite } from '../guest/cases.ts';
import { remoteDirs, shares } from './crash-watch.ts';
import { engineKilled } from './engine-killed.ts';
import { killedMidway } from './killed-midway.ts';
import { pluginKilled } from './plugin-killed.ts';

export const crashes: Suite = {
  name: 'crashes',
  hosts: ['a'],
  remoteDirs,
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: [...pluginKilled, ...killedMidway, ...engineKilled],
};
