// How long it takes a writer until what it wrote is on the server's disk, as somebody beside a container on the same mount
// finds it: it writes four kilobytes and syncs them, fifty times a second at most.

import { parseMountTable } from '../../../../src/mounts/mount-table.ts';
import type { DockerHost } from '../../guest/docker-host.ts';

export async function latencies(host: DockerHost, volume: string, seconds: number): Promise<number[]> {
  const [folder, label] = volume.split('@');
  const table = parseMountTable(await host.inside('cat', '/proc/self/mountinfo'));
  const mount = table.find(({ source }) => source.endsWith(`:/srv/${label}`));
  if (mount === undefined) throw new Error(`${label} is not mounted on host ${host.name}`);
  const file = `${mount.mountPoint}/${folder}/latency`;
  const program = `(${writeForAWhile.toString()})(require('fs'), process.argv[1], Number(process.argv[2]))`;
  return JSON.parse(await host.inside('/usr/local/bin/node', '-e', program, file, String(seconds))) as number[];
}

/** Handed over as text: it has nothing but what it is given. */
function writeForAWhile(fs: typeof import('node:fs'), file: string, seconds: number): void {
  const block = Buffer.alloc(4096, 'x');
  const handle = fs.openSync(file, 'w');
  const taken: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const started = performance.now();
    fs.writeSync(handle, block, 0, block.length, 0);
    fs.fsyncSync(handle);
    taken.push(performance.now() - started);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  fs.writeSync(1, JSON.stringify(taken.map(each => Math.round(each * 10) / 10)));
}

export function describeLatencies(all: readonly number[]): string {
  const sorted = [...all].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms of ${sorted.length}`;
}
