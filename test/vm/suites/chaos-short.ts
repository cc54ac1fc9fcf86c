// A minute of it, for every change.

import { chaosSuite } from './chaos/suite.ts';

export const chaosShort = chaosSuite({
  name: 'chaos-short',
  key: 'brief',
  seed: 19,
  starts: 10,
  faults: { plugin: 1, engine: 0, network: 1, server: 0 },
  versions: ['3', '4.2'],
  names: ['v1', 'v2', 'v3'],
  usersPerHost: 2,
  seconds: 240,
});
