// What goes over a cable, byte by byte.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';

/** What a host sends gets to the bridge, and from there to tcpdump, a moment later. */
const LAST_MS = 2000;

/** Everything that passes the cable of this Docker host while the work is done, as text of one character a byte. */
export async function captured(hostName: string, work: () => Promise<void>): Promise<string> {
  const file = `/tmp/capture-${hostName}.pcap`;
  await command('modprobe', 'af_packet');
  // -Z: else it becomes a user of its own, who may not write there.
  const all = ['-i', `v${hostName}`, '-s', '0', '-B', '16384', '-U', '-n', '-Z', 'root', '-w', file, 'tcp'];
  const tcpdump = spawn('tcpdump', all, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await isAtWork(tcpdump);
    await work();
    await sleep(LAST_MS);
  } finally {
    if (tcpdump.exitCode === null) {
      const over = once(tcpdump, 'exit');
      tcpdump.kill('SIGINT');
      await over;
    }
  }
  const bytes = readFileSync(file, 'latin1');
  rmSync(file);
  return bytes;
}

async function isAtWork(tcpdump: ChildProcess): Promise<void> {
  let said = '';
  tcpdump.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await until('tcpdump listens', 60_000, () => {
    if (tcpdump.exitCode !== null) throw new Error(`tcpdump has ended: ${said}`);
    return said.includes('listening on') ? true : undefined;
  });
}
