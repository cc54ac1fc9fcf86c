// A plugin host with an SMB share, on a machine whose kernel may not know SMB: the server answers the first message, and in
// place of mount.cifs is a program that writes down how it was called and binds a folder. What the mount table shows of that
// is shown as SMB.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Credentials } from '../../src/mounts/credentials.ts';
import type { MountEntry, ReadMountTable } from '../../src/mounts/mount-table.ts';
import { readMountTable } from '../../src/mounts/mount-table.ts';
import { explainHelper } from '../../src/remotes/explain-helper.ts';
import { type RunCommand, runCommand } from '../../src/system/run-command.ts';
import { type ApiHost, startApiHost } from './api-host.ts';
import { writeMountHelper } from './mount-helper.ts';
import { type FakeSmbServer, startSmbServer } from './smb-server.ts';

export interface SmbHost extends ApiHost {
  /** Every command that was run, with its arguments. */
  readonly commands: readonly string[];
  /** What the helper found of itself: arguments and environment. */
  readonly helperSaw: () => string;
  /** The files it was given to read. */
  readonly helperRead: () => string;
  /** The folder that is the share. */
  readonly share: string;
  readonly end: () => Promise<void>;
}

export interface SmbHostSettings {
  readonly login: Readonly<Record<string, unknown>>;
  /** Put between the plugin and the commands it runs. */
  readonly around?: (run: RunCommand) => RunCommand;
}

const LABEL = 'office';

export async function startSmbHost(folder: string, { login, around = run => run }: SmbHostSettings): Promise<SmbHost> {
  const server: FakeSmbServer = await startSmbServer();
  const at = (name: string) => join(folder, name);
  for (const name of ['share', 'seen', 'credentials']) mkdirSync(at(name), { recursive: true });
  const commands: string[] = [];
  const recorded: RunCommand = (file, args, options) => {
    commands.push([file, ...args].join(' '));
    return runCommand(file, args, options);
  };
  const dir = { type: 'cifs', addr: '127.0.0.1', port: server.port, path: '/share', ...login };
  const host = await startApiHost(folder, {
    remoteDirs: { [LABEL]: dir, refused: { ...dir, path: '/refused' } },
    linger: 0,
    network: {
      run: around(recorded),
      readTable: shownAsSmb(folder),
      helpers: { 'mount.cifs': writeMountHelper(at('mount.cifs'), helper(at('seen'), at('share'))) },
      credentials: new Credentials({ folder: at('run/secrets'), source: at('credentials') }),
      explain: explainHelper,
    },
  });
  const textOf = (name: string) => readFileSync(at(name), 'latin1');
  return {
    ...host,
    commands,
    helperSaw: () => textOf('seen/self'),
    helperRead: () => textOf('seen/credentials'),
    share: at('share'),
    end: async () => {
      host.stop();
      await server.stop();
    },
  };
}

const helper = (seen: string, share: string) => `
cat /proc/$$/cmdline /proc/$$/environ >>${seen}/self
file="\${4#*credentials=}"; cat "\${file%%,*}" >>${seen}/credentials
case $1 in *refused) echo "mount error(13): Permission denied" >&2; exit 32;; esac
exec mount -n --bind ${share} "$2"`;

function shownAsSmb(folder: string): ReadMountTable {
  const ours = [join(folder, 'run', 'control', LABEL), join(folder, 'mnt', LABEL)];
  const shown = (entry: MountEntry): MountEntry =>
    ours.includes(entry.mountPoint)
      ? { ...entry, type: 'cifs', source: '//127.0.0.1/share', superOptions: ['rw', 'vers=3.1.1', 'username=bob'] }
      : entry;
  return () => readMountTable().map(shown);
}
