// Who does what in the model, what must hold after every step, and what must be possible when everybody has ended.

import { ok } from 'node:assert/strict';
import { SPARES } from '../../src/remotes/share-format.ts';
import type { FileWork } from '../../src/system/file-work.ts';
import { trashEntry } from '../../src/volumes/trash-entry.ts';
import type { Process, Scene } from './explore.ts';
import { ModelHost, VOLUME } from './model-host.ts';
import { ShareModel } from './share-model.ts';

export type Verb = 'create' | 'mount' | 'unmount' | 'remove' | 'restore';

const OURS = ['.nfs-shared', ...['volumes', 'attachments', 'hosts', 'trash', ...SPARES].map(at => `.nfs-shared/${at}`)];
const WRONG = /Unexpected|Error|undefined/;
const LEFT = /\.leaving$|attachments\/|volumes\/|trash\/restoring/;
/** The folder that holds what nobody may lose */
const DATA = 1000;
const record = {
  version: 1,
  id: '00000000-0000-0000-0000-000000000001',
  folder: VOLUME,
  createdAt: new Date(0).toISOString(),
  createdBy: { id: 'x', name: 'x' },
  adopted: false,
  options: {},
};

export interface Wanted {
  /** What each host does, one verb after the other; all hosts at the same time. */
  readonly hosts: readonly (readonly Verb[])[];
  /** Where the volume is at the beginning. */
  readonly at: 'nowhere' | 'in its place' | 'in trash';
  /** Puts a defect into what a host that mounts sees of the share. */
  readonly defect?: (files: FileWork) => FileWork;
}

export function sceneOf({ hosts: scripts, at, defect = files => files }: Wanted): () => Scene {
  return () => {
    const share = new ShareModel(OURS);
    if (at === 'in its place') putVolume(share);
    if (at === 'in trash') putTrash(share);
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
      check: () => checkState(share, all, at !== 'nowhere'),
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

function checkState(share: ShareModel, hosts: readonly ModelHost[], hasData: boolean): void {
  const places = [...share.entries.values()].filter(entry => 'folder' in entry && entry.folder === DATA);
  if (hasData) ok(places.length === 1, `the data is in ${places.length} places`);
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
  const left = [...share.entries.keys()].filter(path => LEFT.test(path));
  if (!isHeld) ok(left.length === 0, `something is left for ever: ${left.join(', ')}`);
}

function putVolume(share: ShareModel): void {
  share.entries.set(`.nfs-shared/volumes/${VOLUME}.json`, { text: JSON.stringify(record) });
  share.entries.set(`.nfs-shared/attachments/${VOLUME}`, { folder: 0 });
  share.entries.set(VOLUME, { folder: DATA });
}

function putTrash(share: ShareModel): void {
  const { at } = trashEntry(record, new Date(0));
  share.entries.set(at, { folder: 0 });
  share.entries.set(`${at}/record.json`, { text: JSON.stringify(record) });
  share.entries.set(`${at}/data`, { folder: DATA });
}
