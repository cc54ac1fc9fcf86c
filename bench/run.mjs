// npm run bench: what the plugin costs on this machine, as a Markdown table. Nothing is judged here: machines differ.
//
// The daemon runs with the node flags and the thread pool of config.json, on a `local` remote dir, in a mount namespace of
// its own; all it makes lies in one folder that is removed at the end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureCalls } from './calls.mjs';
import { nodeToMeasure, startDaemon } from './daemon.mjs';
import { measureMemory } from './memory.mjs';
import { rootfsSize } from './rootfs.mjs';
import { measureStart } from './start.mjs';
import { machineLine, table } from './table.mjs';
import { fill } from './volumes.mjs';

const SIZES = [1000, 10_000];
const CONNECTIONS = [1, 16];

const node = nodeToMeasure();
const top = mkdtempSync(join(tmpdir(), 'nfs-shared-bench-'));
process.once('exit', () => rmSync(top, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

say(`${machineLine(node)}\n`);
say(
  table(
    ['what', 'figure'],
    [
      ...(await measureStart({ node, folder: join(top, 'start') })),
      ...(await measureMemory({ node, folder: join(top, 'memory') })),
      ...rootfsSize(),
    ],
  ),
);

const rows = [];
for (const size of SIZES) {
  const daemon = await startDaemon({ node, folder: join(top, `volumes-${size}`) });
  try {
    const filled = await fill(daemon.socket, size);
    rows.push(['Create', `0 to ${size}`, '16', ...filled]);
    for (const connections of CONNECTIONS) rows.push(...(await measureCalls(daemon.socket, size, connections)));
    rows.push([`(resident memory then: ${daemon.residentMb()} MB)`, String(size)]);
  } finally {
    await daemon.stop();
  }
}
say(table(['call', 'volumes', 'connections', 'calls/s', 'p50 ms', 'p99 ms'], rows));

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}
