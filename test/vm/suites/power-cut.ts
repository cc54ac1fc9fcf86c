// The whole machine loses its power, engine and file server alike, in the middle of work on volumes. The suite
// after-power-cut looks at what is there when it is switched on again.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { Suite } from '../guest/cases.ts';
import { command } from '../guest/command.ts';
import type { Engine } from '../guest/engine.ts';
import { type NfsServer, serverAddress } from '../guest/nfs-server.ts';
import { countOf, remember } from './acknowledged.ts';
import { fileOf } from './crash-watch.ts';

const shares = [
  { label: 'power3', type: 'nfs3' },
  { label: 'power42', type: 'nfs4' },
] as const;

export const powerLabels = shares.map(({ label }) => label);
export const powerRemoteDirs = Object.fromEntries(
  shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
);
export const exportPower = async ({ server }: { readonly server: NfsServer }) => {
  for (const label of powerLabels) await server.export(`/srv/${label}`);
};

export const owner = { uid: '999', gid: '998', mode: '0750' };
export const ownerSeen = '999:998 750';
/** The volume and the container that Docker always runs. */
export const data = (label: string) => `data@${label}`;
export const writer = (label: string) => `always-${label}`;

const append = (word: string, file: string) =>
  `echo ${word} | dd of=${file} oflag=append conv=notrunc,fsync 2>/dev/null`;
const START = `${append('started', '/x/starts')}; exec sleep 36000`;
/** The power is cut in the middle of the work that follows when this much of it has been answered. */
const enough = () => countOf('created') >= 20 && countOf('removed') >= 8 && countOf('wrote') >= 12;

export const powerCut: Suite = {
  name: 'power-cut',
  hosts: ['a'],
  remoteDirs: powerRemoteDirs,
  prepare: exportPower,
  cases: [
    {
      title: 'volumes are made, used and removed, and containers are to run always',
      seconds: 120,
      work: async ({ a }) => {
        for (const label of powerLabels) {
          await create(a.engine, data(label));
          const use = { volumes: [`${data(label)}:/x`], name: writer(label), restart: 'always' } as const;
          await a.engine.keep(use, 'sh', '-c', START);
          const starts = fileOf(data(label), 'starts');
          await until(
            'the container has started',
            30_000,
            () => (existsSync(starts) && readFileSync(starts, 'utf8') !== '') || undefined,
          );
          await create(a.engine, `gone@${label}`);
          await remove(a.engine, `gone@${label}`);
        }
        // Docker does not sync the files of a container it has just made, and that is not what is looked at here.
        await command('sync');
      },
    },
  ],
  ending: async ({ a }) => {
    for (const label of powerLabels) {
      void ignoringTheEnd(makeAndRemove(a.engine, label));
      void ignoringTheEnd(writeLines(a.engine, label));
    }
    await until('much has been answered', 120_000, () => enough() || undefined);
    remember('cut');
    writeFileSync('/proc/sysrq-trigger', 'b');
    await sleep(30_000);
    throw new Error('the power is still there');
  },
};

async function makeAndRemove(engine: Engine, label: string): Promise<never> {
  for (let at = 0; ; at += 1) {
    await create(engine, `v${at}@${label}`);
    if (at % 3 === 2) await remove(engine, `v${at - 1}@${label}`);
  }
}

async function writeLines(engine: Engine, label: string): Promise<never> {
  for (let at = 0; ; at += 1) {
    await engine.exec(writer(label), append(String(at), '/x/lines'));
    remember('wrote', data(label));
  }
}

async function create(engine: Engine, volume: string): Promise<void> {
  remember('creating', volume);
  await engine.create(volume, owner);
  remember('created', volume);
}

async function remove(engine: Engine, volume: string): Promise<void> {
  remember('removing', volume);
  await engine.remove(volume);
  remember('removed', volume);
}

/** It goes on until the power is cut. What fails before shows in the log of the VM, and in what is missing later. */
async function ignoringTheEnd(work: Promise<never>): Promise<void> {
  await work.catch((error: unknown) => console.error(error));
}
