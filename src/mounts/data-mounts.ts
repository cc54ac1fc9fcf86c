// What containers use: one mount per share and host at <root>/<label>, whatever the number of volumes and containers.
//
// Made at the first use, kept a while after the last, and never believed to be there: the mount table is asked each time.
// Nothing here resolves a path below such a mount in this process, since a dead server would keep the thread.

import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { KeyedQueue } from '../system/keyed-queue.ts';
import type { RunCommand } from '../system/run-command.ts';
import { directKey, isDirectKey } from './direct-key.ts';
import { type FolderIdentity, identityIn } from './folder-identity.ts';
import { type MountPlan, nameOfSource } from './mount-plan.ts';
import { locate, type MountEntry, mountAt, mountsBelow, type ReadMountTable } from './mount-table.ts';
import type { Mounter } from './mounter.ts';

export interface DataMountsParts {
  /** /mnt/vmdk: the one folder whose mounts the engine and the containers see */
  readonly root: string;
  readonly mounter: Mounter;
  readonly readTable: ReadMountTable;
  readonly run: RunCommand;
  readonly lingerSeconds: number;
  /** Throws when what is mounted here is not seen by those it is for. */
  readonly refuseIfCutOff: () => Promise<void>;
  readonly log: Logger;
  /** Asked right before a share is let go. Throws when that cannot be known. */
  readonly inUse: (label: string) => Promise<boolean>;
}

const CHECK_AGAIN = 10 * 60_000;

export class DataMounts {
  readonly #parts: DataMountsParts;
  readonly #queue = new KeyedQueue();
  readonly #lingering = new Map<string, NodeJS.Timeout>();

  constructor(parts: DataMountsParts) {
    this.#parts = parts;
  }

  path(label: string): string {
    return join(this.#parts.root, label);
  }

  readOnlyPath(label: string, folder: string): string {
    return join(this.#parts.root, '.nfs-shared', 'ro', label, folder);
  }

  entry(label: string): MountEntry | undefined {
    return mountAt(this.#parts.readTable(), this.path(label));
  }

  /** Labels that have anything mounted, from whatever life of the plugin. */
  mountedLabels(): string[] {
    const { root, readTable } = this.#parts;
    const labels = mountsBelow(readTable(), root).flatMap(({ mountPoint }) => {
      const [first, second, third] = mountPoint.slice(root.length + 1).split('/');
      if (first !== '.nfs-shared') return first === undefined ? [] : [first];
      if (third === undefined) return [];
      return second === 'ro' ? [third] : second === 'direct' ? [directKey(third)] : [];
    });
    return [...new Set(labels)];
  }

  /** Mounts the share unless it is mounted as planned. Calls for one label wait for one mount, not each for their own. */
  ensure(label: string, plan: MountPlan, milliseconds: number): Promise<MountEntry> {
    this.#stopLinger(label);
    return this.#queue.run(label, async () => {
      await this.#parts.refuseIfCutOff();
      const present = this.entry(label);
      if (present !== undefined && (await this.#isAsPlanned(present, plan, milliseconds))) return present;
      if (present !== undefined) {
        this.#parts.log.warn(
          { label, source: present.source, root: present.root },
          'what is mounted is not what is wanted now; containers keep the old one until they restart',
        );
        await this.#detach(label, milliseconds / 2);
      }
      return await this.#mount(label, plan, milliseconds);
    });
  }

  /** Stale: the containers keep their (dead) binds until they are restarted, new ones get a fresh mount. */
  replace(label: string, plan: MountPlan, milliseconds: number): Promise<MountEntry> {
    return this.#queue.run(label, async () => {
      this.#parts.log.warn(
        { label },
        'the mount is stale and is replaced; containers that use it have to be restarted',
      );
      await this.#detach(label, milliseconds / 2);
      return await this.#mount(label, plan, milliseconds);
    });
  }

  /** A read-only view of one volume: the kernel refuses writes, whatever the container asks for. */
  ensureReadOnly(label: string, folder: string, dataPath: string, milliseconds: number): Promise<string> {
    const target = this.readOnlyPath(label, folder);
    return this.#queue.run(label, async () => {
      if (this.#parts.mounter.isMounted(target)) return target;
      mkdirSync(target, { recursive: true, mode: 0o711 });
      await this.#parts.mounter.mount(
        { kind: 'bind', source: dataPath, options: ['ro', 'nosuid', 'nodev'] },
        target,
        milliseconds,
      );
      return target;
    });
  }

  /** Before a volume is removed, nothing of ours may still point into it. */
  dropReadOnly(label: string, folder: string): Promise<void> {
    return this.#queue.run(label, () => this.#parts.mounter.unmount(this.readOnlyPath(label, folder), 4000));
  }

  /** The number of the folder a container would get, and when that was made. */
  async identityOf(path: string, milliseconds: number): Promise<FolderIdentity | { problem: string }> {
    const seen = await this.#stat(['-c', '%i %w', path], path, milliseconds);
    return 'problem' in seen ? seen : identityIn(seen.text);
  }

  /** Why the server cannot show what is mounted there. It is asked itself: what the kernel remembers may be long gone. */
  async whatIsWrongAt(path: string, milliseconds: number): Promise<string | undefined> {
    const seen = await this.#stat(['-f', '-c', '%t', path], path, milliseconds);
    return 'problem' in seen ? seen.problem : undefined;
  }

  /** After a last use. Starting a container often mounts, unmounts and mounts again, so the share is kept for a while. */
  releaseSoon(label: string): void {
    this.#releaseAfter(label, this.#parts.lingerSeconds * 1000);
  }

  #releaseAfter(label: string, milliseconds: number): void {
    this.#stopLinger(label);
    const timer = setTimeout(() => {
      this.#lingering.delete(label);
      void this.#release(label);
    }, milliseconds);
    timer.unref();
    this.#lingering.set(label, timer);
  }

  async #release(label: string): Promise<void> {
    try {
      await this.#queue.run(label, async () => {
        if (this.entry(label) === undefined && !this.mountedLabels().includes(label)) return;
        if (await this.#parts.inUse(label)) {
          // The last Unmount normally asks again; one that Docker never sent would leave the share mounted for ever.
          this.#releaseAfter(label, CHECK_AGAIN);
          return;
        }
        await this.#detach(label, 10_000);
        // One volume alone has been there, and the next of its name gets another place.
        if (isDirectKey(label)) rmdirSync(this.path(label));
        this.#parts.log.info({ label }, 'nobody uses the share any more: unmounted');
      });
    } catch (error) {
      this.#parts.log.warn({ label, err: error }, 'the share could not be let go; this is tried again');
      this.releaseSoon(label);
    }
  }

  /** Asked by a child, which can be killed if the server is dead. */
  async #stat(
    args: readonly string[],
    path: string,
    milliseconds: number,
  ): Promise<{ text: string } | { problem: string }> {
    const result = await this.#parts.run('stat', args, { milliseconds });
    if (result.timedOut) {
      throw new Failure('TimedOut', { what: `looking at "${path}"`, seconds: Math.round(milliseconds / 1000) });
    }
    if (result.ok) return { text: result.stdout.trim() };
    return { problem: result.stderr.trim().split(': ').at(-1) || (result.startError ?? 'stat failed') };
  }

  async #detach(label: string, milliseconds: number): Promise<void> {
    const { mounter, readTable } = this.#parts;
    for (const entry of mountsBelow(readTable(), this.readOnlyPath(label, '')))
      await mounter.unmount(entry.mountPoint, milliseconds);
    await mounter.unmount(this.path(label), milliseconds);
  }

  async #mount(label: string, plan: MountPlan, milliseconds: number): Promise<MountEntry> {
    const target = this.path(label);
    mkdirSync(target, { recursive: true, mode: 0o711 });
    const entry = await this.#parts.mounter.mount(plan, target, milliseconds);
    this.#parts.log.info({ label, source: nameOfSource(plan), options: plan.options }, 'share mounted');
    return entry;
  }

  async #isAsPlanned(present: MountEntry, plan: MountPlan, milliseconds: number): Promise<boolean> {
    if (present.options.includes('ro') !== plan.options.includes('ro')) return false;
    if (plan.kind === 'helper') {
      const bare = (source: string) => source.replace(/(?<=.)\/+$/, '');
      return plan.fsTypes.includes(present.type) && bare(present.source) === bare(plan.source);
    }
    const wanted = locate(this.#parts.readTable(), plan.source);
    if (wanted !== undefined && wanted.device === present.device && wanted.root === present.root) return true;
    // A symbolic link on the way to the folder: only the kernel knows where it leads, and a child can be killed.
    const folders = ['-L', '-c', '%d:%i', plan.source, present.mountPoint];
    const { ok, stdout } = await this.#parts.run('stat', folders, { milliseconds: milliseconds / 4 });
    const [source, mounted] = stdout.split('\n');
    return ok && source === mounted;
  }

  #stopLinger(label: string): void {
    clearTimeout(this.#lingering.get(label));
    this.#lingering.delete(label);
  }
}
