// The engine is killed, and then the whole host.

import { crashSuite } from './crash-suite.ts';
import { engineKilled } from './engine-killed.ts';

export const engineCrashes = crashSuite('engine-crashes', engineKilled);
