// A server that has started without its data disk: it answers fast, and has an empty folder under the old name.

import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { command } from '../../guest/command.ts';
import type { Stage } from '../../guest/stage.ts';
import type { Contestant } from './contestants.ts';
import { type Fault, needsServer } from './fault.ts';

const DISKS = '/srv/.own-disks';
const diskOf = (folder: string) => join(DISKS, basename(folder));

export const emptyDisk: Fault = {
  name: 'the server starts without its disk',
  key: 'empty',
  prepare: async (stage, all) => {
    for (const { folder } of all) {
      for (const each of [folder, diskOf(folder)]) mkdirSync(each, { recursive: true });
      await command('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'disk', diskOf(folder));
    }
    await putIn(stage, all);
  },
  begin: async (stage, all) => {
    await stage.server.stopServing();
    for (const { folder } of all) {
      await stage.server.withdraw(folder);
      await command('umount', folder);
    }
    await exportNumbered(stage, all);
    await stage.server.startServing();
  },
  end: async (stage, all) => {
    await stage.server.stopServing();
    for (const { folder } of all) await stage.server.withdraw(folder);
    await putIn(stage, all);
    await stage.server.startServing();
  },
  // The server's first seconds are a time of grace for the clients it had.
  seconds: 25,
  expected: {
    state: 'wrong-share',
    refused: needsServer,
    says: /is not the share this host knows/,
    writer: 'sees errors and goes on',
    backWithin: 90,
  },
};

async function putIn(stage: Stage, all: readonly Contestant[]): Promise<void> {
  for (const { folder } of all) await command('mount', '--bind', diskOf(folder), folder);
  await exportNumbered(stage, all);
}

/** The same number each time: handles of the disk's root fit the empty folder as well. */
async function exportNumbered({ server }: Stage, all: readonly Contestant[]): Promise<void> {
  for (const [at, { folder }] of all.entries()) await server.export(folder, { options: [`fsid=${81 + at}`] });
}
