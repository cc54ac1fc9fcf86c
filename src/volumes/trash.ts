// What becomes of removed volumes: each is kept until its time is over, then deleted by a child, one at a time per share.
// Where to go on after a restart is read from the share; nothing has to be remembered here.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Share } from '../remotes/share.ts';
import type { Shares } from '../remotes/shares.ts';
import type { FileWork } from '../system/file-work.ts';
import type { Identity } from '../system/file-worker.ts';
import { KeyedQueue } from '../system/keyed-queue.ts';
import type { RemoveResult } from '../system/remove-tree.ts';
import { readRecord } from './records.ts';
import { forgetTrashEntry, listTrash, type TrashEntry } from './trash-entry.ts';

export type RunPurge = (folder: string, at: string, identity: Identity | undefined) => Promise<RemoveResult>;

export interface TrashParts {
  readonly shares: Shares;
  readonly runPurge: RunPurge;
  readonly log: Logger;
  readonly now: () => Date;
}

const SWEEP_EVERY = 10 * 60_000;

export class Trash {
  readonly #parts: TrashParts;
  readonly #queue = new KeyedQueue();
  /** Could not be deleted whole: said once, and not tried again in this life. */
  readonly #given = new Set<string>();
  #stopped = false;

  constructor(parts: TrashParts) {
    this.#parts = parts;
  }

  async sweepRegularly(): Promise<void> {
    while (!this.#stopped) {
      for (const share of this.#parts.shares.all()) this.sweepSoon(share);
      await sleep(SWEEP_EVERY, undefined, { ref: false });
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Deletes what is due on this share, in the background. */
  sweepSoon(share: Share): void {
    const { label } = share.dir;
    this.#queue
      .run(label, () => this.#sweep(share))
      .catch((error: unknown) => {
        this.#parts.log.debug({ label, err: error }, 'the trash could not be looked through now; this is tried again');
      });
  }

  async #sweep(share: Share): Promise<void> {
    if (this.#stopped || share.state === 'unreachable') return;
    const due = (await share.use('look through the trash', 10_000, listTrash, { recognise: true })).filter(
      entry => Date.parse(entry.keepUntil) <= this.#parts.now().getTime() && !this.#given.has(entry.name),
    );
    for (const entry of due) await this.#purge(share, entry);
  }

  async #purge(share: Share, entry: TrashEntry): Promise<void> {
    const { place } = share;
    if (place === undefined || this.#stopped) return;
    const about = { label: share.dir.label, volume: entry.record.folder, entry: entry.name };
    const { removed, left, leftCount } = await this.#parts.runPurge(place.folder, entry.at, place.identity);
    if (leftCount > 0) {
      this.#given.add(entry.name);
      this.#parts.log.error(
        { ...about, removed, left, leftCount, at: entry.at },
        'a removed volume could not be deleted whole; what is left has to be deleted on the server',
      );
      return;
    }
    const forgotten = await share.use('forget a purged volume', 10_000, files => forgetUnlessOnItsWay(files, entry), {
      recognise: true,
    });
    if (!forgotten) return;
    this.#parts.log.info({ ...about, removed }, 'a removed volume was deleted');
  }
}

/** A removal in full swing has written its note and not moved the folder yet: without the note nobody would find it. */
async function forgetUnlessOnItsWay(files: FileWork, entry: TrashEntry): Promise<boolean> {
  const record = await readRecord(files, entry.record.folder).catch(() => undefined);
  if (record?.id === entry.record.id) return false;
  await forgetTrashEntry(files, entry);
  return true;
}
