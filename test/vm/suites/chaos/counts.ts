// What happened in a run, in lines that can be added to those of other runs.

import { write } from '../../guest/results.ts';
import type { World } from './world.ts';

export function tellCounts(world: World, name: string): void {
  const count = (what: string, outcome: string) =>
    world.calls.filter(call => call.what === what && call.outcome === outcome).length;
  const calls = ['create', 'start', 'remove', 'restore'].map(
    what => `${what} ${count(what, 'done')}/${count(what, 'refused')}/${count(what, 'not known')}`,
  );
  const faults = ['plugin', 'engine', 'network', 'server'].map(
    what => `${what} ${world.broken.filter(each => each.what === what).length}`,
  );
  write({ kind: 'note', text: `${name}, done/refused/not known: ${calls.join(', ')}` });
  write({ kind: 'note', text: `${name}, broken: ${faults.join(', ')}; files synced: ${world.written.length}` });
  const refusals = [...world.refusals].sort(([one], [other]) => one.localeCompare(other));
  write({ kind: 'note', text: `${name}, refused: ${refusals.map(([kind, times]) => `${kind} ${times}`).join(', ')}` });
}
