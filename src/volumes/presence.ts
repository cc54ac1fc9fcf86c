// This host among the others of a share: shows that it is there while it holds volumes, and watches whether the others are.

import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { RemoteDir } from '../remotes/remote-dir.ts';
import type { Share } from '../remotes/share.ts';
import { timeOnShare } from '../remotes/share-time.ts';
import type { Shares } from '../remotes/shares.ts';
import type { FileWork } from '../system/file-work.ts';
import { ownProcess } from '../system/process-mark.ts';
import type { Attachments } from './attachments.ts';
import { type HostSign, hostSignTime, listHosts, readHostSign, writeHostSign } from './host-sign.ts';
import { HostWatch, LEASE_MS } from './host-watch.ts';
import { putMissing } from './missing-signs.ts';
import type { VolumeRef } from './names.ts';
import { OwnSign } from './own-sign.ts';
import type { Host } from './record.ts';

export interface PresenceParts {
  readonly host: Host;
  readonly shares: Shares;
  readonly attachments: Attachments;
  /** How many uses this host has of a volume. */
  readonly countOf: (ref: VolumeRef) => Promise<number>;
  /** Strikes off the uses whose Unmount was lost, and returns the volumes that are free now. */
  readonly forgetLost: (dir: RemoteDir, refs: readonly VolumeRef[]) => Promise<readonly string[]>;
  readonly log: Logger;
  readonly beatMs?: number;
  readonly clock?: () => number;
}

interface OnShare {
  readonly watch: HostWatch;
  readonly own: OwnSign;
  /** Somebody has asked about the other hosts. */
  isAsked: boolean;
  isBusy: boolean;
  looksAgainAt: number;
  /** Which of the held volumes is looked after next */
  cursor: number;
}

const LOOK_MS = 10_000;
/** With many hosts the looks are spread, since a look reads a file of each; never so far that nobody is watched. */
const MS_PER_HOST = 500;
const LOOKED_AFTER_AT_ONCE = 50;

export class Presence {
  readonly #parts: PresenceParts;
  readonly #clock: () => number;
  readonly #labels = new Map<string, OnShare>();
  #stopped = false;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => performance.now());
  }

  async beatRegularly(): Promise<void> {
    while (!this.#stopped) {
      await sleep(this.#parts.beatMs ?? LEASE_MS / 3, undefined, { ref: false });
      // Each for itself: a slow share does not make this host look silent on another.
      for (const share of this.#parts.shares.all()) void this.beat(share);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** After the first volume: a host that dies soon after is known, and can be seen to be silent. */
  showFirst(share: Share): void {
    if (!this.#on(share.dir.label).own.isShown) void this.beat(share);
  }

  watch(label: string): HostWatch {
    return this.#on(label).watch;
  }

  /** From now on the hosts of this share are watched, whether or not this host holds anything there. */
  keepWatching(label: string): HostWatch {
    const here = this.#on(label);
    here.isAsked = true;
    return here.watch;
  }

  /** The name of a host that writes under the same id as this one: a copy of this host's disk. */
  doubleOn(label: string): string | undefined {
    return this.#on(label).own.double;
  }

  /** The same, asked of the share itself: somebody who is not this process has shown himself under our id a moment ago. */
  async findDouble(files: FileWork, label: string): Promise<string | undefined> {
    const { id } = this.#parts.host;
    const sign = await readHostSign(files, id);
    if (sign === undefined || sign.life === this.#on(label).own.life) return undefined;
    const written = await hostSignTime(files, id);
    const age = (await timeOnShare(files)).getTime() - (written?.getTime() ?? 0);
    return age < LEASE_MS ? sign.name : undefined;
  }

  async beat(share: Share): Promise<void> {
    const { label } = share.dir;
    const here = this.#on(label);
    const isHolding = this.#parts.attachments.held(label).length > 0;
    if (this.#stopped || here.isBusy || !(isHolding || here.isAsked)) return;
    here.isBusy = true;
    try {
      await this.#showAndLook(share, here);
      if (isHolding) await this.#lookAfter(share, here);
    } catch (error) {
      const about = { label, problem: reasonOf(error) };
      this.#parts.log.debug(about, 'this host could not show itself, or look after its attachments, now');
    } finally {
      here.isBusy = false;
    }
  }

  async #showAndLook(share: Share, here: OnShare): Promise<void> {
    try {
      if (share.state !== 'ok') throw share.failure ?? new Error(`the share is ${share.state}`);
      // Also by a host that only watches: where it cannot write, others can't either, and nobody is silent of his own accord.
      await share.use('show that this host is there', LOOK_MS, files => this.#write(files, share, here.own), {
        recognise: true,
        write: true,
      });
      if (this.#clock() < here.looksAgainAt) return;
      const signs = await share.use('look for the other hosts', LOOK_MS, files => this.#read(files));
      here.watch.saw(signs);
      here.looksAgainAt = this.#clock() + Math.min((signs.length - 40) * MS_PER_HOST, LEASE_MS / 2);
    } catch (error) {
      here.watch.couldNotLook();
      throw error;
    }
  }

  async #write(files: FileWork, share: Share, own: OwnSign): Promise<void> {
    const { host, attachments, countOf, log } = this.#parts;
    const { label } = share.dir;
    const present = await readHostSign(files, host.id);
    const before = own.double;
    const counter = own.next(present);
    if (own.double !== undefined && before === undefined)
      log.error(
        { label, hostId: host.id, other: own.double },
        'another host has the same host id: was its disk copied from this one? Remove .nfs-shared/host.json on one of them',
      );
    const held = attachments.held(label).map(([, { ref }]) => ref);
    const counts = await Promise.all(held.map(async ref => [ref.folder, await countOf(ref)] as const));
    const volumes = Object.fromEntries(counts);
    await writeHostSign(files, { version: 1, ...host, life: own.life, counter, process: ownProcess(), volumes });
  }

  async #read(files: FileWork): Promise<HostSign[]> {
    const signs: HostSign[] = [];
    for (const id of await listHosts(files)) {
      const sign = id === this.#parts.host.id ? undefined : await readHostSign(files, id);
      if (sign !== undefined) signs.push(sign);
    }
    return signs;
  }

  async #lookAfter(share: Share, here: OnShare): Promise<void> {
    const held = this.#parts.attachments.held(share.dir.label);
    const from = here.cursor < held.length ? here.cursor : 0;
    here.cursor = from + LOOKED_AFTER_AT_ONCE;
    const some = held.slice(from, here.cursor);
    await share.use('look after the attachments', LOOK_MS, files => putMissing(files, some, this.#parts), {
      recognise: true,
      write: true,
    });
    const free = await this.#parts.forgetLost(
      share.here,
      some.map(([, { ref }]) => ref),
    );
    if (free.length > 0)
      this.#parts.log.warn(
        { label: share.dir.label, volumes: free },
        'Docker has not given these volumes back, but no container has them any more: they are free',
      );
  }

  #on(label: string): OnShare {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const watch = new HostWatch(this.#clock);
    const here = { watch, own: new OwnSign(), isAsked: false, isBusy: false, looksAgainAt: 0, cursor: 0 };
    this.#labels.set(label, here);
    return here;
  }
}
