// A share without a free block. What is there can be read, and small files be lengthened within their last block.

import { equal, match } from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import { command, works } from '../../guest/command.ts';
import { failureOf } from '../../guest/failure-of.ts';
import type { Stage } from '../../guest/stage.ts';
import type { Contestant } from './contestants.ts';
import { exportAll, type Fault } from './fault.ts';

const IMAGES = '/srv/.images';
const fillers = ['filler', 'filler-of-the-rest'] as const;

export const fullDisk: Fault = {
  name: "the share's disk is full",
  key: 'full',
  prepare: async (stage, all) => {
    await command('modprobe', 'loop');
    mkdirSync(IMAGES, { recursive: true });
    for (const { folder } of all) {
      const image = join(IMAGES, basename(folder));
      mkdirSync(folder, { recursive: true });
      await command('truncate', '--size=16M', image);
      await command('mkfs.ext4', '-q', '-m', '0', image);
      await command('mount', '-o', 'loop', image, folder);
    }
    await exportAll(stage, all);
  },
  begin: async (_, all) => {
    for (const { folder } of all) await fill(folder);
  },
  end: (_, all) => {
    for (const { folder } of all) for (const name of fillers) rmSync(join(folder, name), { force: true });
    return Promise.resolve();
  },
  seconds: 15,
  expected: {
    state: 'ok',
    refused: ['docker volume create'],
    says: /no space left/,
    writer: 'loses nothing',
    backWithin: 60,
  },
  meanwhile: {
    title: 'a failed create leaves nothing behind, and a share that is opened anew works',
    seconds: 240,
    work: async (stage, ours) => {
      for (const contestant of ours) await leavesNothing(stage, contestant);
      await stage.server.stopServing();
      await Promise.all(ours.map(({ volume }) => stateBecomes(stage, volume('data'), 'unreachable')));
      await stage.server.startServing();
      await Promise.all(ours.map(({ volume }) => stateBecomes(stage, volume('data'), 'ok')));
      for (const { volume } of ours)
        equal(await stage.a.engine.run({ volumes: [`${volume('idle')}:/x`] }, 'cat /x/here'), 'yes');
    },
  },
};

async function leavesNothing({ a }: Stage, { folder, volume }: Contestant): Promise<void> {
  match(await failureOf(a.engine.create(volume('new'))), /no space left/);
  equal((await a.engine.volumes()).includes(volume('new')), false);
  equal(existsSync(join(folder, 'new')), false);
  const records = readdirSync(join(folder, '.nfs-shared/volumes'));
  equal(records.filter(name => !/^(data|data2|idle|spare)\.json$/.test(name)).join(), '');
}

/** Large blocks first, then what is left between them. */
async function fill(folder: string): Promise<void> {
  for (const [at, name] of fillers.entries()) {
    const size = at === 0 ? 'bs=64k' : 'bs=1k';
    if (await works('dd', 'if=/dev/zero', `of=${join(folder, name)}`, size)) throw new Error(`${folder} has no end`);
  }
  await command('sync', '-f', folder);
}

async function stateBecomes({ a }: Stage, volume: string, state: string): Promise<void> {
  await until(`${volume} is ${state}`, 90_000, async () => {
    const { Status } = await a.engine.inspect(volume);
    return Status?.['state'] === state ? true : await sleep(1000, undefined);
  });
}
