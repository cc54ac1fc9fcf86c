// Which removals has nobody gone on with? One that this host began and is not at any more, and one that another host has left
// standing for longer than any call of the plugin lasts.

import type { RemoteDir } from '../remotes/remote-dir.ts';
import type { FileWork } from '../system/file-work.ts';
import { keepSeconds } from './keep-seconds.ts';
import type { Host, VolumeRecord } from './record.ts';
import { settleRemoval } from './settle.ts';
import { listSigns, readSign } from './signs.ts';

const STALE_AFTER_MS = 60_000;
const MOST_REMEMBERED = 1000;

export class StaleRemovals {
  readonly #host: Host;
  readonly #clock: () => number;
  /** By the name of the sign: when it was first in our way */
  readonly #firstSeen = new Map<string, number>();

  constructor(host: Host, clock: () => number = () => performance.now()) {
    this.#host = host;
    this.#clock = clock;
  }

  /** Returns whether there was a removal that nobody goes on with: it is taken back now, or at its end. */
  async settle(files: FileWork, record: VolumeRecord, dir: RemoteDir): Promise<boolean> {
    if (!(await this.areStale(files, record))) return false;
    await settleRemoval(files, record, keepSeconds(record, dir));
    return true;
  }

  /** Called where this host is not removing the volume itself. */
  async areStale(files: FileWork, record: VolumeRecord): Promise<boolean> {
    const { removing } = await listSigns(files, record.folder);
    const signs = removing.filter(({ id }) => id === record.id);
    const stale = await Promise.all(
      signs.map(async ({ name }) => {
        const seen = this.#firstSeen.get(name) ?? this.#clock();
        if (this.#firstSeen.size > MOST_REMEMBERED) this.#firstSeen.clear();
        this.#firstSeen.set(name, seen);
        if (this.#clock() - seen >= STALE_AFTER_MS) return true;
        return (await readSign(files, record.folder, name))?.host.id === this.#host.id;
      }),
    );
    return stale.every(Boolean);
  }
}
