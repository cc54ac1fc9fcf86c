// What somebody has begun on a share and nobody goes on with: their host has crashed, or gave up on a share that did not
// answer. Told from what is under way by standing where it stands at two looks, with more time in between than any call of
// the plugin takes.

import { randomUUID } from 'node:crypto';
import { isFailure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Share } from '../remotes/share.ts';
import { sweepLitter } from '../remotes/share-litter.ts';
import type { FileWork } from '../system/file-work.ts';
import { lookForSome, NextToLookAt, type Unfinished, undoHalfMade } from './half-made.ts';
import { keepSeconds } from './keep-seconds.ts';
import type { Host } from './record.ts';
import { settleRestoring } from './restore.ts';
import { listLeaving, settleLeaving } from './settle.ts';
import { removeSignFolder } from './signs.ts';
import { listTrash, restoredAs } from './trash-entry.ts';

export interface LeftBehindParts {
  readonly host: Host;
  readonly now: () => Date;
  readonly log: Logger;
  /** What time it is on the share. */
  readonly timeOf: (files: FileWork) => Promise<Date>;
  readonly clock?: () => number;
}

/** Something that is half done, and how it comes to an end. */
interface Begun {
  readonly what: 'a removal' | 'a restoration' | 'a creation';
  readonly volume: string;
  /** The same for the same try, and for no other */
  readonly key: string;
  readonly settle: (files: FileWork) => Promise<unknown>;
}

interface OnShare {
  /** When each was first seen, by key */
  since: ReadonlyMap<string, number>;
  readonly next: NextToLookAt;
  /** The folders of those that were half made at the last look */
  halfMade: ReadonlySet<string>;
}

const LOOK_MS = 10_000;
const LEFT_AFTER = 5 * 60_000;

export class LeftBehind {
  readonly #parts: LeftBehindParts;
  readonly #clock: () => number;
  readonly #labels = new Map<string, OnShare>();

  constructor(parts: LeftBehindParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => performance.now());
  }

  async settle(share: Share): Promise<void> {
    const here = this.#on(share.dir.label);
    const look = (files: FileWork) => this.#look(files, share, here);
    const {
      begun: found,
      inVain,
      empty,
    } = await share.use('look for what was left behind', LOOK_MS, look, {
      recognise: true,
    });
    const now = this.#clock();
    here.since = new Map(found.map(({ key }) => [key, here.since.get(key) ?? now]));
    for (const each of found) {
      if (now - (here.since.get(each.key) ?? now) >= LEFT_AFTER) await this.#end(share, each);
    }
    if (share.writable) await this.#sweepUp(share, inVain, empty);
  }

  async #look(
    files: FileWork,
    { dir }: Share,
    here: OnShare,
  ): Promise<Pick<Unfinished, 'inVain' | 'empty'> & { readonly begun: readonly Begun[] }> {
    const by = { host: this.#parts.host, now: this.#parts.now, newId: randomUUID };
    const leaving = await listLeaving(files);
    const restoring = (await listTrash(files)).filter(entry => restoredAs(entry) !== undefined);
    const { halfMade, inVain, empty } = await lookForSome(files, here.next, here.halfMade);
    here.halfMade = new Set(halfMade.map(({ folder }) => folder));
    const begun = [
      ...leaving.map(
        (each): Begun => ({
          what: 'a removal',
          volume: each.folder,
          key: each.id,
          settle: work => settleLeaving(work, each, record => keepSeconds(record, dir)),
        }),
      ),
      ...restoring.map(
        (entry): Begun => ({
          what: 'a restoration',
          volume: entry.folder,
          key: entry.name,
          settle: work => settleRestoring(work, entry, by),
        }),
      ),
      ...halfMade.map(
        (record): Begun => ({
          what: 'a creation',
          volume: record.folder,
          key: `${record.folder} ${record.id}`,
          settle: work => undoHalfMade(work, record, by),
        }),
      ),
    ];
    return { begun, inVain, empty };
  }

  /** One that cannot be ended, since its record cannot be read or the disk is full, keeps no other waiting. */
  async #end(share: Share, { what, volume, settle }: Begun): Promise<void> {
    const about = { label: share.dir.label, volume };
    try {
      await share.use('settle what was left behind', LOOK_MS, settle, { recognise: true, write: true });
      this.#parts.log.warn(about, `${what} that nobody went on with was settled`);
    } catch (error) {
      if (isFailure(error, 'ShareUnreachable', 'WrongShare', 'TimedOut')) throw error;
      const problem = reasonOf(error);
      this.#parts.log.warn(
        { ...about, problem },
        `${what} that nobody went on with could not be settled; this is tried again`,
      );
    }
  }

  async #sweepUp(share: Share, inVain: readonly string[], empty: readonly string[]): Promise<void> {
    const sweep = async (files: FileWork) => {
      for (const folder of empty) await removeSignFolder(files, folder);
      return await sweepLitter(files, this.#parts.timeOf, inVain);
    };
    const swept = await share.use('sweep up', LOOK_MS, sweep, { recognise: true, write: true });
    if (swept.length > 0) this.#parts.log.info({ label: share.dir.label, swept }, 'what crashes had left was swept up');
  }

  #on(label: string): OnShare {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const here = { since: new Map<string, number>(), next: new NextToLookAt(), halfMade: new Set<string>() };
    this.#labels.set(label, here);
    return here;
  }
}
