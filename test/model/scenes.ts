// Who does what in the model, what must hold after every step, and what must be possible when everybody has ended.

import { ok } from 'node:assert/strict';
import type { FileWork } from '../../src/system/file-work.ts';
import type { Process, Scene } from './explore.ts';
import { ModelHost, VOLUME } from './model-host.ts';
import { ShareModel } from './share-model.ts';

export type Verb = 'create' | 'mount' | 'unmount' | 'remove';

const OURS = ['.nfs-shared', ...['volumes', 'attachments', 'hosts', 'trash', 'spare'].map(at => `.nfs-shared/${at}`)];
const WRONG = /Unexpected|Error|undefined/;

export interface Wanted {
  /** What each host does, one verb after the other; all hosts at the same time. */
  readonly hosts: readonly (readonly Verb[])[];
  /** The volume is there at the beginning. */
  readonly isThere: boolean;
  /** Puts a defect into what a host that mounts sees of the share. */
  readonly defect?: (files: FileWork) => FileWork;
}

export function sceneOf({ hosts: scripts, isThere, defect = files => files }: Wanted): () => Scene {
  return () => {
    const share = new ShareModel(OURS);
    if (isThere) putVolume(share);
    const hosts = scripts.map((_, at) => new ModelHost(at + 1, share));
    const next = new ModelHost(98, share);
    const last = new ModelHost(99, share);
    const all = [...hosts, next, last];
    const processes: Process[] = [
      ...scripts.map((verbs, at): Process => {
        const host = hosts[at] as ModelHost;
        const run = async (files: FileWork) => {
          for (const verb of verbs) await host[verb](verb === 'mount' ? defect(files) : files);
        };
        return { name: `host ${at + 1}`, stage: 1, isFaulty: true, run };
      }),
      { name: 'next', stage: 2, isFaulty: false, run: files => use(files, hosts, next) },
      { name: 'last', stage: 3, isFaulty: false, isLast: true, run: files => use(files, [...hosts, next], last) },
    ];
    return {
      share,
      processes,
      key: () => JSON.stringify(all.map(host => host.key())),
      check: () => checkState(share, all),
      checkEnd: () => checkEnd(share, hosts, last),
    };
  };
}

/** What the hosts do by themselves afterwards; then somebody who has done nothing so far uses the volume, and removes it. */
async function use(files: FileWork, hosts: readonly ModelHost[], healer: ModelHost): Promise<void> {
  for (const host of hosts) await host.letGo(files);
  await healer.settle(files);
  await healer.create(files);
  await healer.mount(files);
  await healer.unmount(files);
  await healer.remove(files);
}

function checkState(share: ShareModel, hosts: readonly ModelHost[]): void {
  for (const host of hosts) {
    if (host.holds === undefined) continue;
    const there = share.folderAt(VOLUME);
    ok(there === host.holds, `a volume was removed although host ${host.id.slice(0, 8)} holds it`);
  }
  for (const { told } of hosts) for (const words of told) ok(!WRONG.test(words), `a host was told "${words}"`);
}

function checkEnd(share: ShareModel, hosts: readonly ModelHost[], last: ModelHost): void {
  const isHeld = hosts.some(({ holds }) => holds !== undefined);
  const expected = ['create ok', 'mount ok', 'unmount ok', isHeld ? 'remove VolumeInUse' : 'remove ok'];
  ok(last.told.join() === expected.join(), `afterwards the volume is not usable: ${last.told.join(', ')}`);
  const left = [...share.entries.keys()].filter(path => /\.leaving$|attachments\/|volumes\//.test(path));
  if (!isHeld) ok(left.length === 0, `something is left for ever: ${left.join(', ')}`);
}

function putVolume(share: ShareModel): void {
  const record = {
    version: 1,
    id: '00000000-0000-0000-0000-000000000001',
    folder: VOLUME,
    createdAt: new Date(0).toISOString(),
    createdBy: { id: 'x', name: 'x' },
    adopted: false,
    options: {},
  };
  share.entries.set(`.nfs-shared/volumes/${VOLUME}.json`, { text: JSON.stringify(record) });
  share.entries.set(`.nfs-shared/attachments/${VOLUME}`, { folder: 0 });
  share.entries.set(VOLUME, { folder: 1000 });
}
