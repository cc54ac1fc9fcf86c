// This host's attachments on the shares: put before a container gets a volume, taken away when the last one is gone.
//
// Every sign ever put is noted on this host first and struck off when it is surely gone, so that no crash and no lost answer
// leaves one behind for good: it would keep the other hosts from removing the volume.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, isFailure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Share } from '../remotes/share.ts';
import type { Journal } from '../system/journal.ts';
import { attach, refuseIfGoing } from './attach.ts';
import { fullName, type VolumeRef } from './names.ts';
import type { Host, VolumeRecord } from './record.ts';
import { type Attachment, SignMemory } from './sign-memory.ts';
import { signNames, takeSigns } from './signs.ts';

export interface AttachmentsParts {
  readonly host: Host;
  readonly journal: Journal;
  /** The share of a label, as long as there is one. */
  readonly shareOf: (label: string) => Share | undefined;
  /** Whether anything on this host still has the volume; throws when that cannot be known. */
  readonly inUse: (ref: VolumeRef) => Promise<boolean>;
  /** Whether Docker has told us of a use, as far as is known at this very moment. */
  readonly isTold: (ref: VolumeRef) => boolean;
  readonly log: Logger;
  readonly now: () => Date;
}

const ATTACH_MS = 10_000;
const LATE_AFTER = [60_000, 600_000];
const PAUSES = [200, 1000, 2000, 5000, 10_000, 30_000, 60_000];

export class Attachments {
  readonly #parts: AttachmentsParts;
  /** What is ours on the shares, or may be. */
  readonly #memory: SignMemory;
  /** By volume: the sign that says so */
  readonly #held = new Map<string, string>();
  readonly #leaving = new Set<string>();
  /** Signs whose putting may not be over: of calls without an answer, and of an earlier life. */
  readonly #unsure = new Set<string>();
  /** By sign: the last time somebody began to wait for the end of its use */
  readonly #turns = new Map<string, number>();
  #stopped = false;

  constructor(parts: AttachmentsParts) {
    this.#parts = parts;
    this.#memory = new SignMemory(parts.journal, parts.log);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** What an earlier life has left: kept for those who still use it, taken away for the others. */
  takeUp(): void {
    for (const [name, { ref }] of this.#memory.all()) {
      if (!this.#held.has(fullName(ref))) this.#held.set(fullName(ref), name);
      this.#unsure.add(name);
      this.#takeWhenUnused(name);
    }
  }

  /** Whether this host remembers having put a sign. */
  knows(name: string): boolean {
    return this.#memory.get(name) !== undefined;
  }

  /** The volumes that this host holds on a share. */
  held(label: string): [name: string, attachment: Attachment][] {
    return [...this.#held.values()].flatMap(name => {
      const attachment = this.#memory.get(name);
      return attachment?.ref.label === label ? [[name, attachment]] : [];
    });
  }

  /** Before a container gets the volume. Its reference has been counted already. `since`: when its Mount began. */
  async ensure(
    share: Share,
    ref: VolumeRef,
    record: VolumeRecord,
    milliseconds: number,
    since = performance.now(),
  ): Promise<void> {
    const known = this.#memory.get(this.#held.get(fullName(ref)) ?? '');
    if (known?.recordId === record.id) return;
    const { host, now } = this.#parts;
    const token = randomUUID();
    const name = signNames.attached(host.id, token);
    this.#memory.note(name, { ref, recordId: record.id, shareId: share.id, since: now().toISOString() });
    try {
      const work = { host, token, now };
      await share.use('attach the volume', Math.min(ATTACH_MS, milliseconds), files => attach(files, record, work), {
        recognise: true,
        since,
        write: true,
        join: true,
      });
      const before = this.#held.get(fullName(ref));
      this.#held.set(fullName(ref), name);
      if (before !== undefined) this.#takeAway(before);
    } catch (error) {
      if (isFailure(error, 'TimedOut', 'ShareUnreachable')) this.#unsure.add(name);
      this.#takeAway(name);
      if (!isNoRoom(error)) throw error;
      await share.use('look at the volume', milliseconds, files => refuseIfGoing(files, record), {
        recognise: true,
        join: true,
      });
      this.#parts.log.warn(
        { volume: fullName(ref), problem: reasonOf(error) },
        'the volume is mounted, but the share has no room to tell the other hosts so: they are not kept from removing it',
      );
    }
  }

  /** After a reference has gone: the sign goes when it was the last one. */
  releaseSoon(ref: VolumeRef): void {
    if (this.#parts.isTold(ref)) return;
    for (const name of this.#namesOf(ref)) this.#takeWhenUnused(name);
  }

  holds(name: string, ref: VolumeRef): boolean {
    return this.#held.get(fullName(ref)) === name;
  }

  /** After a sign that was missing has been put again: its use may have ended in the meantime. */
  wasPutAgain(name: string, attachment: Attachment): void {
    if (this.holds(name, attachment.ref)) return;
    this.#memory.note(name, attachment);
    this.#unsure.add(name);
    this.#takeAway(name);
  }

  /** A volume that is gone, and its signs with it. */
  forget(ref: VolumeRef): void {
    this.#held.delete(fullName(ref));
    this.#strike(this.#namesOf(ref));
  }

  /** Those that are not on their way out already. */
  #namesOf(ref: VolumeRef): string[] {
    return this.#memory.of(ref).filter(name => !this.#leaving.has(name));
  }

  #takeWhenUnused(name: string): void {
    const turn = (this.#turns.get(name) ?? 0) + 1;
    this.#turns.set(name, turn);
    void this.#repeat(name, async ({ ref }) => {
      if (this.#turns.get(name) !== turn) return 'done';
      const { inUse, isTold, shareOf } = this.#parts;
      // How a volume shows in the mount tables is known once its share has been opened.
      if (shareOf(ref.label)?.state !== 'ok') return 'again';
      if (isTold(ref) || (await inUse(ref))) return isTold(ref) ? 'done' : 'again';
      // A container may have come while we looked.
      if (isTold(ref)) return 'done';
      if (this.#held.get(fullName(ref)) === name) this.#held.delete(fullName(ref));
      this.#takeAway(name);
      return 'done';
    });
  }

  #takeAway(name: string): void {
    if (this.#leaving.has(name)) return;
    this.#leaving.add(name);
    // A call that nobody waits for any more may still put it: then it is taken away again after these times.
    const pauses = this.#unsure.has(name) ? [...LATE_AFTER] : [];
    void this.#repeat(name, async ({ ref, shareId }) => {
      const share = this.#parts.shareOf(ref.label);
      // Its remote dir is gone, or another share is there now: ours is not reached any more.
      if (share === undefined || (share.id !== undefined && shareId !== undefined && share.id !== shareId))
        return 'again';
      await share.use('detach the volume', ATTACH_MS, files => takeSigns(files, ref.folder, [name]), {
        recognise: true,
        write: true,
      });
      const pause = pauses.shift();
      if (pause === undefined) {
        this.#strike([name]);
        return 'done';
      }
      await sleep(pause, undefined, { ref: false });
      return 'again';
    });
  }

  /** Until it is done, ever more slowly: a share may be away for days. */
  async #repeat(name: string, act: (attachment: Attachment) => Promise<'done' | 'again'>): Promise<void> {
    for (let tries = 0; !this.#stopped; tries += 1) {
      const attachment = this.#memory.get(name);
      if (attachment === undefined) return;
      const result = await act(attachment).catch((error: unknown) => {
        const about = { volume: fullName(attachment.ref), sign: name, problem: reasonOf(error) };
        this.#parts.log.debug(about, 'an attachment could not be taken away now; this is tried again');
        return 'again' as const;
      });
      if (result === 'done') return;
      await sleep(PAUSES[Math.min(tries, PAUSES.length - 1)], undefined, { ref: false });
    }
  }

  #strike(names: readonly string[]): void {
    for (const name of names) {
      this.#leaving.delete(name);
      this.#unsure.delete(name);
      this.#turns.delete(name);
    }
    this.#memory.strike(names);
  }
}

function isNoRoom(error: unknown): boolean {
  if (isFailure(error, 'ShareReadOnly')) return true;
  const cause = isFailure(error, 'StorageFailed') ? error.cause : error;
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errnoOf(cause) ?? '');
}
