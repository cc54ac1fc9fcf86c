// npm run chaos:local -- --operations=100000 --seed=1: shows how often which verb ended in which way, and what was wrong.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPlugin } from '../fakes/built-plugin.ts';
import { chaosBetweenTwo } from './two-daemons.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    volumes: { type: 'string', default: '100' },
    callers: { type: 'string', default: '16' },
  },
});
const [operations = 0, seed = 0, volumes = 0, callers = 0] = [
  values.operations,
  values.seed,
  values.volumes,
  values.callers,
].map(Number);
const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
const built = buildPlugin();
try {
  console.log(
    `seed ${seed}: ${operations} operations on ${volumes} volumes, ${callers} callers to each of two daemons`,
  );
  const started = performance.now();
  const result = await chaosBetweenTwo(built, folder, { operations, seed, volumes, callers });
  const seconds = (performance.now() - started) / 1000;
  for (const [verb, outcomes] of result.outcomes)
    for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1]))
      console.log(`${verb.padEnd(8)} ${String(count).padStart(8)}  ${outcome}`);
  console.log(
    `${result.texts} texts written, ${Math.round(seconds)} s, ${Math.round(operations / seconds)} operations a second`,
  );
  const wrong = [...result.problems, ...result.errorsLogged];
  for (const each of wrong.slice(0, 50)) console.log(`WRONG: ${each}`);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log('nothing was lost, and nothing was left');
} finally {
  built.remove();
  rmSync(folder, { recursive: true, force: true });
}
