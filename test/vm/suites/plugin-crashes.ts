// The plugin is killed: under containers that write, and in the middle of what it does.

import { crashSuite } from './crash-suite.ts';
import { killedMidway } from './killed-midway.ts';
import { pluginKilled } from './plugin-killed.ts';

export const pluginCrashes = crashSuite('plugin-crashes', [...pluginKilled, ...killedMidway]);
