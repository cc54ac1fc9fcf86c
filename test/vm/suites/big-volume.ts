// A volume of a hundred thousand files is removed on a share that deletes at once, and the plugin crashes in the middle of
// deleting it. Somebody else writes on the same share all the while.

import { equal, ok } from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import { command } from '../guest/command.ts';
import { killPlugin } from '../guest/kill-plugin.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { timed, write } from '../guest/results.ts';
import { describeLatencies, latencies } from './big-volume/latency.ts';
import { fileOf, recordState } from './crash-watch.ts';
import { note, within } from './outage-watch.ts';

const FOLDERS = 100;
const FILES_EACH = 1000;

const shares = [{ label: 'big42', type: 'nfs4' }] as const;

export const bigVolume: Suite = {
  name: 'big-volume',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}`, onRemove: 'delete' }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: shares.flatMap(({ label }) => casesOf(label)),
};

function casesOf(label: string): Case[] {
  const huge = `huge@${label}`;
  const beside = `beside@${label}`;
  return [
    {
      title: `a volume has ${FOLDERS * FILES_EACH} files, and a container writes to another one (${label})`,
      seconds: 300,
      work: async ({ a }) => {
        await a.engine.create(huge);
        await fill(fileOf(huge));
        await a.engine.keep({ volumes: [`${beside}:/x`], name: `on-${label}` });
        tell(label, 'before', await latencies(a, beside, 15));
      },
    },
    {
      title: `docker volume rm of it is answered within 5 s, and it is gone for everybody (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        await within(5, `docker volume rm of ${FOLDERS * FILES_EACH} files (${label})`, () => a.engine.remove(huge));
        equal(existsSync(fileOf(huge)), false);
        equal(recordState(huge), undefined);
      },
    },
    {
      title: `the plugin is killed in the middle of deleting it, and deletes the rest when it is back (${label})`,
      // Each file is a call to the server and a write to its disk: two hundred a second here, with other work beside it.
      seconds: 900,
      work: async ({ a }) => {
        const during: number[] = [];
        let isOver = false;
        const writing = (async () => {
          while (!isOver) during.push(...(await latencies(a, beside, 5)));
        })();
        // Its failure is looked at in the end.
        writing.catch(() => {});
        try {
          const { seconds } = await timed(async () => {
            await until('a third of it is deleted', 300_000, () => isPartlyGone(label) || undefined);
            await killPlugin(a)();
            const rest = left(label);
            write({
              kind: 'note',
              text: `${rest} of ${FOLDERS} folders were there when the plugin was back (${label})`,
            });
            ok(entries(label).length === 1, 'all was deleted before the plugin was back');
            await until('all of it is deleted', 800_000, async () => {
              await sleep(500);
              return entries(label).length === 0 || undefined;
            });
          });
          note(`from the answer until all is deleted, with a crash of the plugin (${label})`, seconds);
        } finally {
          isOver = true;
          await writing;
        }
        tell(label, 'while it is deleted', during);
      },
    },
    {
      title: `the container beside it has its volume as before (${label})`,
      seconds: 60,
      work: async ({ a }) => {
        await a.engine.exec(`on-${label}`, 'echo 1 >/x/f');
        await a.engine.removeContainer(`on-${label}`);
        await a.engine.remove(beside);
      },
    },
  ];
}

/** On the server's own disk: over the network, that would take many minutes here. */
async function fill(folder: string): Promise<void> {
  const some = 10;
  for (let at = 0; at < FOLDERS; at += some) {
    const folders = Array.from({ length: some }, (_, each) => `${folder}/d${at + each}`).join(' ');
    const files = `seq ${FILES_EACH} | split -l 1 -a 4 -d - f`;
    await command('sh', '-c', `for d in ${folders}; do mkdir $d && cd $d && ${files} || exit 1; done`);
  }
}

function entries(label: string): string[] {
  return readdirSync(`/srv/${label}/.nfs-shared/trash`).filter(name => name.endsWith('-huge'));
}

/** Folders of it that are still there. */
function left(label: string): number {
  const data = entries(label).map(name => `/srv/${label}/.nfs-shared/trash/${name}/data`);
  return data.reduce((sum, folder) => sum + (existsSync(folder) ? readdirSync(folder).length : 0), 0);
}

/** Also of a folder that is just being renamed nothing is seen. */
function isPartlyGone(label: string): boolean {
  const now = left(label);
  return now > 0 && now <= (FOLDERS * 2) / 3;
}

function tell(label: string, when: string, all: readonly number[]): void {
  write({ kind: 'note', text: `4 KB written and synced, ${when} (${label}): ${describeLatencies(all)}` });
}
