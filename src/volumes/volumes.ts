// The verbs. Each runs one at a time per volume, ends before Docker gives up, and can come twice.

import { randomUUID } from 'node:crypto';
import { Failure, isFailure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DataMounts } from '../mounts/data-mounts.ts';
import type { ReadMountTable } from '../mounts/mount-table.ts';
import { rootPath } from '../remotes/remote-dir.ts';
import type { RemoteDirs } from '../remotes/remote-dirs.ts';
import type { Share } from '../remotes/share.ts';
import type { ShareIds } from '../remotes/share-ids.ts';
import type { Shares } from '../remotes/shares.ts';
import type { Budget } from '../system/budget.ts';
import type { FileWork, Inspection } from '../system/file-work.ts';
import type { Journal } from '../system/journal.ts';
import { refuseIfGoing } from './attach.ts';
import { Attachments } from './attachments.ts';
import type { Catalogue } from './catalogue.ts';
import { createVolume } from './create-volume.ts';
import { KnownNames } from './known-names.ts';
import { forgetLostUnmounts } from './lost-unmounts.ts';
import { fullName, type VolumeRef } from './names.ts';
import { type CreateOptions, parseCreateOptions } from './options.ts';
import { otherRootIn } from './other-root.ts';
import { Presence } from './presence.ts';
import type { Host, VolumeRecord } from './record.ts';
import { lookUp, readRecord } from './records.ts';
import type { References } from './references.ts';
import { removeFromShare } from './remove-from-share.ts';
import { type ShownVolume, ShowVolumes } from './show-volumes.ts';
import { StaleRemovals } from './stale-removals.ts';
import type { Trash } from './trash.ts';
import { useAsItIs } from './use-as-it-is.ts';
import { VerbQueue } from './verb-queue.ts';
import { VolumeMounts } from './volume-mounts.ts';

export interface VolumesParts {
  readonly root: string;
  readonly host: Host;
  readonly remoteDirs: RemoteDirs;
  readonly shares: Shares;
  readonly ids: ShareIds;
  readonly catalogue: Catalogue;
  readonly references: References;
  /** Where this host's memory of its attachments is kept. */
  readonly attachmentsJournal: Journal;
  readonly dataMounts: DataMounts;
  readonly readTable: ReadMountTable;
  readonly trash: Trash;
  readonly mountWaitSeconds: number;
  readonly deadAfterSeconds: number;
  /** Milliseconds between two signs of life of this host. */
  readonly beatMs?: number;
  /** Milliseconds between two looks whether another host has let a volume go that is to be removed. */
  readonly lookAgainMs?: number;
  /** Monotonic: how long others have been silent, or at a removal. */
  readonly clock?: () => number;
  readonly log: Logger;
  readonly now: () => Date;
}

export class Volumes {
  readonly #parts: VolumesParts;
  readonly #names: KnownNames;
  readonly #mounts: VolumeMounts;
  readonly #show: ShowVolumes;
  readonly #attachments: Attachments;
  readonly #presence: Presence;
  readonly #staleRemovals: StaleRemovals;
  readonly #queue = new VerbQueue();

  constructor(parts: VolumesParts) {
    this.#parts = parts;
    this.#names = new KnownNames(parts);
    this.#mounts = new VolumeMounts(parts);
    const { references, shares } = parts;
    parts.ids.whenNamed((standIn, id) => parts.catalogue.rename(standIn, id));
    this.#attachments = new Attachments({
      ...parts,
      journal: parts.attachmentsJournal,
      shareOf: label => (parts.remoteDirs.find(label)?.state === 'ok' ? shares.get(label) : undefined),
      inUse: async ref => (await this.#mounts.users(shares.get(ref.label).here, ref)).length > 0,
      isTold: ref => references.told(ref) > 0,
    });
    this.#staleRemovals = new StaleRemovals(parts.host, parts.clock);
    this.#presence = new Presence({
      ...parts,
      attachments: this.#attachments,
      countOf: async ref => {
        const seen = await this.#mounts.seenUsers(shares.get(ref.label).here, ref);
        return Math.max(references.told(ref), seen?.length ?? 0);
      },
      forgetLost: (dir, refs) =>
        forgetLostUnmounts(dir, refs, { ...parts, mounts: this.#mounts, attachments: this.#attachments }),
    });
    this.#show = new ShowVolumes({
      ...parts,
      names: this.#names,
      mounts: this.#mounts,
      presence: this.#presence,
      hostId: parts.host.id,
    });
  }

  get presence(): Presence {
    return this.#presence;
  }

  /** What goes on beside the calls of Docker. */
  start(): void {
    this.#attachments.takeUp();
    void this.#presence.beatRegularly();
  }

  stop(): void {
    this.#attachments.stop();
    this.#presence.stop();
  }

  async create(name: string, options: ReadonlyMap<string, string>): Promise<void> {
    const wanted = parseCreateOptions(options);
    await this.#serially(this.#names.place(name, wanted), 'creating the volume', async budget => {
      // Asked again: a Create of the same folder under another name may have come first.
      const ref = this.#names.place(name, wanted);
      const isNew = this.#makeRemoteDir(ref.label, wanted);
      const share = this.#parts.shares.get(ref.label);
      try {
        await this.#createOn(share, name, ref, wanted, budget);
      } catch (error) {
        // Settings that never led to a share are not kept: the next try may correct them.
        if (isNew && share.id === undefined) this.#forgetRemoteDir(ref.label);
        throw error;
      }
    });
  }

  /** Returns the folder the container is to get. Leaves nothing behind when it fails: Docker sends no Unmount then. */
  async mount(name: string, id: string): Promise<string> {
    const { references, dataMounts, mountWaitSeconds } = this.#parts;
    const ref = this.#names.locate(name);
    return await this.#serially(ref, 'mounting the volume', async budget => {
      const begun = performance.now();
      const share = this.#parts.shares.get(ref.label);
      const { record, folder } = await this.#findForMount(share, ref, budget.left(mountWaitSeconds * 1000));
      // Counted before the share is mounted, so that nothing lets it go again between the mount and the answer.
      references.add(ref, id);
      try {
        await this.#tryToWrite(share, budget);
        if (record !== undefined) await this.#attach(share, ref, record, begun, budget);
        // Asked after that: with a removal that was cut short the folder is gone, and the volume with it. And asked again:
        // while another host was making it, its record was there first.
        const there = folder ?? (await this.#findForMount(share, ref, budget.left())).folder;
        if (there?.kind !== 'folder')
          throw new Failure('FolderMissing', { folder: `${rootPath(share.dir)}/${ref.folder}` });
        const mountpoint = await this.#mounts.mount(share.here, ref, record, there, budget);
        budget.left();
        this.#remember(share, name, ref, record);
        return mountpoint;
      } catch (error) {
        references.drop(ref, id);
        this.#attachments.releaseSoon(ref);
        dataMounts.releaseSoon(ref.label);
        throw error;
      }
    });
  }

  /** Answers at once and always well: Docker stops the container whatever is said here. */
  unmount(name: string, id: string): void {
    const ref = this.#names.find(name);
    if (ref === undefined) return;
    this.#parts.references.drop(ref, id);
    this.#attachments.releaseSoon(ref);
    this.#parts.dataMounts.releaseSoon(ref.label);
  }

  async remove(name: string): Promise<void> {
    const { dataMounts, trash, catalogue, remoteDirs, log } = this.#parts;
    const ref = this.#names.locate(name);
    await this.#serially(ref, 'removing the volume', async budget => {
      const share = this.#parts.shares.get(ref.label);
      const usersNow = () => this.#mounts.users(share.here, ref);
      const users = await usersNow();
      if (users.length > 0) throw new Failure('VolumeInUse', { users });
      await dataMounts.dropReadOnly(ref.label, ref.folder);
      const moved = await share.use(
        'remove the volume',
        budget.left(),
        files =>
          removeFromShare(files, {
            ...this.#parts,
            dir: share.dir,
            allDirs: remoteDirs.all(),
            ref,
            presence: this.#presence,
            attachments: this.#attachments,
            usersNow,
          }),
        { insist: true, recognise: true, write: true },
      );
      this.#attachments.forget(ref);
      if (share.id !== undefined) catalogue.gone(share.id, [ref.folder]);
      log.info({ volume: fullName(ref), to: moved?.at, keepUntil: moved?.keepUntil }, 'volume removed');
      if (moved !== undefined) trash.sweepSoon(share);
    });
  }

  get(name: string): Promise<ShownVolume | undefined> {
    return this.#show.get(name);
  }

  list(): Promise<{ name: string; mountpoint: string }[]> {
    return this.#show.list();
  }

  /** Where the volume is for containers. Never an empty answer: Docker takes that for the plugin's whole root. */
  path(name: string): string {
    const { catalogue, dataMounts } = this.#parts;
    const ref = this.#names.locate(name);
    const known = catalogue.find(this.#names.shareId(ref), ref.folder);
    if (known === undefined) throw new Failure('NoSuchVolume', {});
    if (dataMounts.entry(ref.label) === undefined) throw new Failure('NotMounted', {});
    return this.#mounts.mountpoint(ref, known.record);
  }

  /** Whether anything on this host still uses a share: asked before its mount is let go. */
  labelInUse(label: string): Promise<boolean> {
    return this.#mounts.labelInUse(label);
  }

  async #createOn(share: Share, name: string, ref: VolumeRef, wanted: CreateOptions, budget: Budget): Promise<void> {
    const { catalogue, log } = this.#parts;
    const record = await this.#makeOn(share, ref, wanted, budget).catch(async (error: unknown) => {
      if (!isFailure(error, 'ShareReadOnly')) throw error;
      return await this.#useOn(share, ref, wanted, error, budget);
    });
    if (share.id === undefined)
      throw new Failure('Unexpected', { problem: 'the share has no id although it was used' });
    const kept = record === undefined ? {} : { record };
    catalogue.put(share.id, ref.folder, { label: ref.label, ...kept, spelling: name });
    log.info({ volume: name, folder: ref.folder, label: ref.label, adopted: record?.adopted }, 'volume created');
  }

  async #makeOn(share: Share, ref: VolumeRef, wanted: CreateOptions, budget: Budget): Promise<VolumeRecord> {
    const { host, now, remoteDirs } = this.#parts;
    const refuseFolder = (folder: string) => otherRootIn(share.dir, folder, remoteDirs.all());
    const making = {
      dir: share.dir,
      folder: ref.folder,
      options: wanted.volume,
      host,
      now,
      newId: randomUUID,
      refuseFolder,
    };
    return await share.use(
      'create the volume',
      budget.left(),
      async files => {
        try {
          return await createVolume(files, making);
        } catch (error) {
          const present = isFailure(error, 'BeingRemoved') ? await readRecord(files, ref.folder) : undefined;
          if (present === undefined || !(await this.#staleRemovals.settle(files, present, share.dir))) throw error;
          return await createVolume(files, making);
        }
      },
      { insist: true, recognise: true, write: true },
    );
  }

  /** Where nothing can be made: a volume that is there needs nothing to be made. */
  async #useOn(
    share: Share,
    ref: VolumeRef,
    { volume: options }: CreateOptions,
    refusal: Failure,
    budget: Budget,
  ): Promise<VolumeRecord | undefined> {
    const wanted = { dir: share.dir, allDirs: this.#parts.remoteDirs.all(), folder: ref.folder, options, refusal };
    const look = (files: FileWork) => useAsItIs(files, wanted);
    return await share.use('look at the volume', budget.left(), look, { recognise: true, join: true });
  }

  async #findForMount(
    share: Share,
    ref: VolumeRef,
    milliseconds: number,
  ): Promise<{ record: VolumeRecord | undefined; folder: Inspection | undefined }> {
    const found = await share.useWhenThere(
      'look at the volume',
      milliseconds,
      async files => {
        const volume = await lookUp(files, share.dir, ref.folder, this.#parts.remoteDirs.all());
        return volume === undefined ? undefined : { record: volume.record, folder: await files.inspect(ref.folder) };
      },
      { recognise: true },
    );
    if (found === undefined) throw new Failure('NoSuchVolume', {});
    return found;
  }

  /** One that was read-only may not be so any more, and then its containers are to have it whole. */
  async #tryToWrite(share: Share, budget: Budget): Promise<void> {
    if (share.dir.readOnly === true || !isFailure(share.unwritable, 'ShareReadOnly')) return;
    const how = { recognise: true, write: true, join: true };
    await share
      .use('try whether it can be written', budget.left(), async () => {}, how)
      .catch((error: unknown) => {
        if (!isFailure(error, 'ShareReadOnly')) throw error;
      });
  }

  /** A share that lets nobody here write keeps no notes of ours either. */
  async #attach(share: Share, ref: VolumeRef, record: VolumeRecord, begun: number, budget: Budget): Promise<void> {
    if (!share.writable) {
      const look = (files: FileWork) => refuseIfGoing(files, record);
      return await share.use('look at the volume', budget.left(), look, { recognise: true, join: true });
    }
    const attach = () => this.#attachments.ensure(share, ref, record, budget.left(), begun);
    const settle = () =>
      share.use(
        'settle a removal that was left behind',
        budget.left(),
        files => this.#staleRemovals.settle(files, record, share.dir),
        { recognise: true, write: true, join: true },
      );
    try {
      await attach();
    } catch (error) {
      if (!isFailure(error, 'BeingRemoved') || !(await settle())) throw error;
      await attach();
    }
    this.#presence.showFirst(share);
  }

  #makeRemoteDir(label: string, wanted: CreateOptions): boolean {
    const { remoteDirs } = this.#parts;
    const found = remoteDirs.find(label);
    if (found === undefined && wanted.remoteDir.size === 0) {
      throw new Failure('UnknownLabel', { label, known: remoteDirs.labels() });
    }
    if (wanted.remoteDir.size > 0) remoteDirs.add(label, wanted.remoteDir);
    return found === undefined;
  }

  #forgetRemoteDir(label: string): void {
    this.#parts.remoteDirs.forget(label);
    this.#parts.shares.forget(label);
  }

  /** From its first use on, a volume has one name on this host. */
  #remember(share: Share, name: string, ref: VolumeRef, record: VolumeRecord | undefined): void {
    const { catalogue } = this.#parts;
    if (share.id === undefined || catalogue.find(share.id, ref.folder)?.spelling === name) return;
    catalogue.note(share.id, ref.folder, {
      label: ref.label,
      spelling: name,
      ...(record === undefined ? {} : { record }),
    });
  }

  #serially<T>(ref: VolumeRef, what: string, verb: (budget: Budget) => Promise<T>): Promise<T> {
    return this.#queue.run(fullName(ref), what, verb);
  }
}
