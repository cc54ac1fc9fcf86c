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
import { LeftBehind } from './left-behind.ts';
import type { Host } from './record.ts';
import { makeSpares } from './spares.ts';
import { claimEntry, findData, forgetTrashEntry, listTrash, type TrashEntry } from './trash-entry.ts';

export type RunPurge = (folder: string, at: string, identity: Identity | undefined) => Promise<RemoveResult>;

export interface TrashParts {
  readonly shares: Shares;
  readonly runPurge: RunPurge;
  readonly log: Logger;
  /** What time it is on the share: hosts may differ by a day. */
  readonly timeOf: (files: FileWork) => Promise<Date>;
  readonly clock?: () => number;
  readonly host: Host;
  readonly now: () => Date;
}

const SWEEP_EVERY = 10 * 60_000;

export class Trash {
  readonly #parts: TrashParts;
  readonly #queue = new KeyedQueue();
  /** By label: a sweep that waits for its turn */
  readonly #waiting = new Map<string, Promise<void>>();
  /** Could not be deleted whole: said once, and not tried again in this life. */
  readonly #given = new Set<string>();
  readonly #leftBehind: LeftBehind;
  #stopped = false;

  constructor(parts: TrashParts) {
    this.#parts = parts;
    this.#leftBehind = new LeftBehind(parts);
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
    void this.sweep(share);
  }

  /** The same, for who wants to wait for it. What fails is tried again the next time. */
  sweep(share: Share): Promise<void> {
    const { label } = share.dir;
    // One that has not begun will see what is there by then, however many ask for it.
    const waiting = this.#waiting.get(label);
    if (waiting !== undefined) return waiting;
    const sweep = this.#queue
      .run(label, async () => {
        this.#waiting.delete(label);
        await this.#sweep(share);
      })
      .catch((error: unknown) => {
        this.#parts.log.debug({ label, err: error }, 'the trash could not be looked through now; this is tried again');
      });
    this.#waiting.set(label, sweep);
    return sweep;
  }

  async #sweep(share: Share): Promise<void> {
    if (this.#stopped || share.state === 'unreachable' || share.dir.readOnly === true) return;
    await this.#leftBehind.settle(share).catch((error: unknown) => {
      const about = { label: share.dir.label, err: error };
      this.#parts.log.debug(about, 'what was left behind could not be looked for now; this is tried again');
    });
    const { entries, time } = await share.use('look through the trash', 10_000, files => this.#look(files), {
      recognise: true,
    });
    const due = entries.filter(each => isDue(each, time) && !this.#given.has(each.name));
    for (const entry of due) await this.#purge(share, entry);
  }

  async #look(files: FileWork): Promise<{ entries: TrashEntry[]; time: Date }> {
    const entries = await listTrash(files);
    return { entries, time: entries.length === 0 ? new Date(0) : await this.#parts.timeOf(files) };
  }

  /** The data lies in one of two places, and none is there when only the record had to go. */
  async #purgeData(share: Share, place: NonNullable<Share['place']>, entry: TrashEntry): Promise<RemoveResult> {
    const find = (files: FileWork) => findData(files, entry);
    const at = await share.use('find a removed volume', 10_000, find, { recognise: true });
    if (at === undefined) return { removed: 0, left: [], leftCount: 0 };
    return await this.#parts.runPurge(place.folder, at, place.identity);
  }

  async #purge(share: Share, due: TrashEntry): Promise<void> {
    const { place } = share;
    if (place === undefined || this.#stopped) return;
    const claim = (files: FileWork) => claimEntry(files, due, 'purging');
    const entry = await share.use('delete a removed volume', 10_000, claim, { recognise: true, write: true });
    if (entry === undefined) return;
    const about = { label: share.dir.label, volume: entry.folder, entry: entry.name };
    const { removed, left, leftCount } = await this.#purgeData(share, place, entry);
    if (leftCount > 0) {
      this.#given.add(entry.name);
      this.#parts.log.error(
        { ...about, removed, left, leftCount, at: entry.at },
        'a removed volume could not be deleted whole; what is left has to be deleted on the server',
      );
      return;
    }
    await share.use('forget a purged volume', 10_000, files => forget(files, entry), { recognise: true });
    this.#parts.log.info({ ...about, removed }, 'a removed volume was deleted');
  }
}

/** One that is being restored is not: it comes back, or is given back first. */
function isDue({ claimed, keepUntil }: TrashEntry, time: Date): boolean {
  return claimed === 'purging' || (claimed === undefined && keepUntil <= time);
}

/** The room for a removal on a full disk is made again as soon as there is some. */
async function forget(files: FileWork, entry: TrashEntry): Promise<void> {
  await forgetTrashEntry(files, entry);
  await makeSpares(files);
}
