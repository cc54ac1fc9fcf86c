// Goes through all of it and shows how much that was: minutes to an hour. A word given to it picks those with it in their title.

import { explore } from './explore.ts';
import { many, titleOf } from './orders.ts';
import { sceneOf } from './scenes.ts';

for (const each of many.filter(order => titleOf(order).includes(process.argv[2] ?? ''))) {
  const started = performance.now();
  const { states, schedules, found } = await explore(sceneOf(each), each.faults, 5_000_000);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(
    `${titleOf(each)}: ${states} states, ${schedules} schedules, ${seconds} s${found === undefined ? '' : ', WRONG'}`,
  );
  if (found === undefined) continue;
  console.log([found.problem, ...found.way].map(line => `    ${line}`).join('\n'));
  process.exitCode = 1;
}
