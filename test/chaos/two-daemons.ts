// Two real plugins with memories of their own on one local folder, and chaos between them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltPlugin } from '../fakes/built-plugin.ts';
import { type Daemon, startDaemon } from '../fakes/daemon-process.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';
import { type ChaosResult, type ChaosWanted, chaos } from './chaos.ts';

export async function chaosBetweenTwo(
  built: BuiltPlugin,
  folder: string,
  wanted: Omit<ChaosWanted, 'share' | 'sockets'>,
): Promise<ChaosResult & { readonly errorsLogged: readonly string[] }> {
  const share = join(folder, 'share');
  mkdirSync(share);
  const daemons: Daemon[] = [];
  try {
    for (const name of ['alpha', 'beta']) {
      const remoteDirs = { disk: { type: 'local', path: share } };
      daemons.push(await startDaemon(built, join(folder, name), { remoteDirs, env: { LOG_LEVEL: 'info' } }));
    }
    const result = await chaos({ ...wanted, share, sockets: daemons.map(({ socket }) => socket) });
    return { ...result, errorsLogged: daemons.flatMap(({ output }) => errorsIn(output())) };
  } finally {
    for (const daemon of daemons) await daemon.end('SIGKILL');
    unmountBelow(folder);
  }
}

function errorsIn(log: string): string[] {
  return log.split('\n').filter(line => /^\{"level":"?(?:error|fatal|50|60)/.test(line));
}
