// As long as fits well into one life of the VM. What its runs count can be added.

import type { Suite } from '../../guest/cases.ts';
import { chaosSuite } from './suite.ts';

export function longChaos(number: number): Suite {
  return chaosSuite({
    name: `chaos-${number}`,
    key: `wild${number}-`,
    seed: 100 * number,
    starts: 60,
    faults: { plugin: 2, engine: 2, network: 2, server: 2 },
    versions: ['3', '4.1', '4.2'],
    names: ['v1', 'v2', 'v3', 'v4'],
    usersPerHost: 2,
    seconds: 720,
  });
}
