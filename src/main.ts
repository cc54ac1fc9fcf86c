// One program: the plugin itself, two children it starts of itself, and the operator's command line.

import { parseArgs } from 'node:util';
import { cli, cliUsage } from './cli/cli.ts';
import { serveFileWork } from './workers/file-worker.ts';
import { purge } from './workers/purge.ts';

const USAGE = `${cliUsage}

nfs-shared daemon [--socket PATH] [--root FOLDER] [--config FILE] [--run FOLDER] [--local FOLDER] [--credentials PATH]

  --socket PATH   where Docker finds the plugin     (default /run/docker/plugins/nfs-shared.sock)
  --root FOLDER   where shares are mounted          (default /mnt/vmdk)
  --config FILE   remote dirs and log settings      (default /etc/nfs-shared.json, may be absent)
  --run FOLDER    private mounts, gone after a boot (default /run/nfs-shared)
  --local FOLDER  the only place of local remote dirs (default anywhere; the embedded one below the root)
  --credentials PATH  folder of credentials files, or one such file  (default /etc/nfs-shared-credentials, may be absent)

Settings come from the environment: REMOTE_DIRS, LOG_LEVEL, MOUNT_WAIT, LINGER, ON_REMOVE, TRASH_FOR, DEAD_AFTER, SCOPE.
`;

const [command, ...rest] = process.argv.slice(2);
const [first = '', second = ''] = rest;

switch (command) {
  case 'daemon':
    await daemon(rest);
    break;
  case 'file-worker':
    serveFileWork(first);
    break;
  case 'purge':
    purge(first, second);
    break;
  case undefined:
  case '--help':
  case 'help':
    process.stdout.write(USAGE);
    break;
  case 'trash':
  case 'attachments':
  case 'dirs':
    process.exitCode = await cli(process.argv.slice(2));
    break;
  default:
    process.stderr.write(`There is no command "${command}"\n\n${USAGE}`);
    process.exitCode = 2;
}

async function daemon(args: readonly string[]): Promise<void> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        socket: { type: 'string', default: '/run/docker/plugins/nfs-shared.sock' },
        root: { type: 'string', default: '/mnt/vmdk' },
        config: { type: 'string', default: '/etc/nfs-shared.json' },
        run: { type: 'string', default: '/run/nfs-shared' },
        local: { type: 'string', default: '' },
        credentials: { type: 'string', default: '/etc/nfs-shared-credentials' },
      },
    });
    // Only here: the children start several times faster without it.
    const { startDaemon } = await import('./daemon.ts');
    await startDaemon({ ...values, env: process.env });
  } catch (error) {
    process.stderr.write(`Cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
