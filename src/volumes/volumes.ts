// The verbs. Each resolves the name once, runs one at a time per volume, ends before Docker gives up, and fails with a
// sentence that begins with what was tried on which volume.

import { join } from 'node:path';
import { driverFor } from '../drivers/registry.ts';
import { Failure, isFailure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DataMounts } from '../mounts/data-mounts.ts';
import { mountsBelow, type ReadMountTable } from '../mounts/mount-table.ts';
import { type RemoteDir, rootPath } from '../remotes/remote-dir.ts';
import { passesThrough, type RemoteDirs } from '../remotes/remote-dirs.ts';
import type { Share } from '../remotes/share.ts';
import type { ShareIds } from '../remotes/share-ids.ts';
import type { Shares } from '../remotes/shares.ts';
import { Budget } from '../system/budget.ts';
import { withDeadline } from '../system/deadline.ts';
import type { Inspection } from '../system/file-work.ts';
import { KeyedQueue } from '../system/keyed-queue.ts';
import type { Catalogue } from './catalogue.ts';
import { createVolume } from './create-volume.ts';
import { fullName, isAnonymous, isVolumeName, parseName, type VolumeRef } from './names.ts';
import { type CreateOptions, parseCreateOptions } from './options.ts';
import type { Host, VolumeRecord } from './record.ts';
import { listVolumes, lookUp, readRecord } from './records.ts';
import type { References } from './references.ts';
import { removeVolume } from './remove-volume.ts';
import type { Trash } from './trash.ts';
import { markOf } from './volume-mark.ts';
import { type VolumeStatus, volumeStatus } from './volume-status.ts';

export interface VolumesParts {
  readonly root: string;
  readonly host: Host;
  readonly remoteDirs: RemoteDirs;
  readonly shares: Shares;
  readonly ids: ShareIds;
  readonly catalogue: Catalogue;
  readonly references: References;
  readonly dataMounts: DataMounts;
  readonly readTable: ReadMountTable;
  readonly trash: Trash;
  readonly mountWaitSeconds: number;
  readonly log: Logger;
  readonly now: () => Date;
}

export interface ShownVolume {
  readonly name: string;
  readonly mountpoint: string;
  readonly createdAt: string | undefined;
  readonly status: VolumeStatus;
}

/** Docker waits 30 s for a managed plugin by default; whatever a call does ends before that. */
const VERB_MS = 25_000;
const LOOK_MS = 2000;
const LIST_MS = 1000;
const STAT_MS = 3000;
const SEEN_MS = 500;
const VERIFIED_FOR = 5000;

export class Volumes {
  readonly #parts: VolumesParts;
  readonly #queue = new KeyedQueue();
  readonly #verified = new Map<string, number>();

  constructor(parts: VolumesParts) {
    this.#parts = parts;
  }

  create(name: string, options: ReadonlyMap<string, string>): Promise<void> {
    return this.#serially(name, 'creating the volume', async budget => {
      const wanted = parseCreateOptions(options);
      const ref = this.#placeOf(name, wanted);
      const isNew = this.#makeRemoteDir(ref.label, wanted);
      const share = this.#shares(ref.label);
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
  mount(name: string, id: string): Promise<string> {
    return this.#serially(name, 'mounting the volume', async budget => {
      const ref = this.#locate(name);
      const share = this.#shares(ref.label);
      await share.waitUntilReady(budget.left(this.#parts.mountWaitSeconds * 1000));
      const found = await share.use(
        'look at the volume',
        budget.left(),
        async files => {
          const volume = await lookUp(files, share.dir, ref.folder);
          return volume === undefined ? undefined : { record: volume.record, folder: await files.inspect(ref.folder) };
        },
        { recognise: true },
      );
      if (found === undefined) throw new Failure('NoSuchVolume', {});
      const { record, folder } = found;
      if (record?.state === 'removing') throw new Failure('BeingRemoved', { since: record.since, by: record.by.name });
      if (folder?.kind !== 'folder')
        throw new Failure('FolderMissing', { folder: `${rootPath(share.dir)}/${ref.folder}` });
      try {
        const mountpoint = await this.#mountData(share, ref, record, folder, budget);
        budget.left();
        this.#remember(share, name, ref, record);
        this.#parts.references.add(ref, id);
        return mountpoint;
      } catch (error) {
        this.#parts.dataMounts.releaseSoon(ref.label);
        throw error;
      }
    });
  }

  /** Answers at once and always well: Docker stops the container whatever is said here. */
  async unmount(name: string, id: string): Promise<void> {
    const ref = this.#refOfKnown(name);
    if (ref === undefined) return;
    this.#parts.references.drop(ref, id);
    this.#parts.dataMounts.releaseSoon(ref.label);
  }

  remove(name: string): Promise<void> {
    return this.#serially(name, 'removing the volume', async budget => {
      const ref = this.#locate(name);
      const share = this.#shares(ref.label);
      const usersNow = async () => (await this.#users(share.dir, [ref])).get(fullName(ref)) ?? [];
      const users = await usersNow();
      if (users.length > 0) throw new Failure('VolumeInUse', { users });
      const { now, host, dataMounts, trash, catalogue } = this.#parts;
      await dataMounts.dropReadOnly(ref.label, ref.folder);
      const moved = await share.use(
        'remove the volume',
        budget.left(),
        async files => {
          const record = await readRecord(files, ref.folder);
          if (record === undefined) {
            if ((await lookUp(files, share.dir, ref.folder)) !== undefined) {
              throw new Failure('NotRemovable', {
                reason:
                  'it is a plain folder of the share, listed because of adopt=all; delete it on the server if it is to go',
              });
            }
            return undefined;
          }
          return await removeVolume(files, record, {
            host,
            now,
            usersNow,
            keepSeconds: keepSeconds(record, share.dir),
          });
        },
        { insist: true, recognise: true, write: true },
      );
      if (share.id !== undefined) catalogue.gone(share.id, [ref.folder]);
      this.#parts.log.info({ volume: fullName(ref), to: moved?.at, keepUntil: moved?.keepUntil }, 'volume removed');
      if (moved !== undefined) trash.sweepSoon(share);
    });
  }

  /** undefined: there is no such volume, and that is known. A volume whose share cannot be asked is never undefined. */
  async get(name: string): Promise<ShownVolume | undefined> {
    let ref: VolumeRef;
    try {
      ref = this.#locate(name);
    } catch (error) {
      if (isFailure(error, 'NoSuchVolume', 'InvalidName')) return undefined;
      throw error;
    }
    const remembered = this.#parts.catalogue.find(this.#idOf(ref), ref.folder);
    try {
      const share = this.#shares(ref.label);
      return await this.#getFrom(share, name, ref);
    } catch (error) {
      if (!isFailure(error)) throw error;
      // Docker forgets what it is told does not exist, so what we remember counts until the share itself says otherwise.
      if (remembered === undefined && !isFailure(error, 'RecordUnreadable')) {
        throw error;
      }
      return await this.#shown(name, ref, { record: remembered?.record, inspection: undefined, problem: error });
    }
  }

  /** Every volume of every share that answers in time, and the remembered ones of the others. */
  async list(): Promise<{ name: string; mountpoint: string }[]> {
    const { remoteDirs, ids } = this.#parts;
    const labels = new Set([...remoteDirs.labels(), ...ids.labels()]);
    const all = await Promise.all([...labels].map(label => this.#listOf(label)));
    return all.flat().map(ref => ({ name: this.#spellingOf(ref), mountpoint: this.#mountpointOf(ref) }));
  }

  /** Where the volume is for containers, while the share is mounted. */
  path(name: string): string | undefined {
    const ref = this.#refOfKnown(name);
    if (ref === undefined || this.#parts.dataMounts.entry(ref.label) === undefined) return undefined;
    return this.#mountpointOf(ref);
  }

  /** Whether anything on this host still uses a share: asked before its mount is let go. */
  async labelInUse(label: string): Promise<boolean> {
    const { references, dataMounts, remoteDirs } = this.#parts;
    if (references.toldOf(label).length > 0) return true;
    const entry = dataMounts.entry(label);
    if (entry === undefined) return false;
    const found = remoteDirs.find(label);
    const volPath = found?.state === 'ok' ? found.dir.volPath : '';
    const everything = { label, folder: '' };
    const mark = {
      device: entry.device,
      root: join(entry.root, volPath),
      strictlyBelow: true,
      notAt: `/.nfs-shared/ro/${label}/`,
    };
    return (await references.inUse(new Map([[everything, mark]]))).size > 0;
  }

  async #createOn(share: Share, name: string, ref: VolumeRef, wanted: CreateOptions, budget: Budget): Promise<void> {
    const { host, now, catalogue, remoteDirs } = this.#parts;
    const record = await share.use(
      'create the volume',
      budget.left(),
      files =>
        createVolume(files, {
          dir: share.dir,
          folder: ref.folder,
          options: wanted.volume,
          host,
          now,
          refuseFolder: folder => this.#otherRootIn(share.dir, folder, remoteDirs.all()),
        }),
      { insist: true, recognise: true, write: true },
    );
    if (share.id === undefined)
      throw new Failure('Unexpected', { problem: 'the share has no id although it was used' });
    catalogue.put(share.id, ref.folder, { label: ref.label, record, spelling: name });
    this.#parts.log.info(
      { volume: name, folder: ref.folder, label: ref.label, adopted: record.adopted },
      'volume created',
    );
  }

  async #mountData(
    share: Share,
    ref: VolumeRef,
    record: VolumeRecord | undefined,
    folder: Inspection,
    budget: Budget,
  ): Promise<string> {
    const { dataMounts, readTable } = this.#parts;
    const plan = driverFor(share.dir.type).dataPlan(share.dir);
    await dataMounts.ensure(ref.label, plan, budget.left());
    const path = this.#dataPath(share.dir, ref);
    if (plan.kind === 'bind') {
      // A bind does not show what is mounted below it on this host: containers would write beside the real data.
      const folderHere = `${rootPath(share.dir) === '/' ? '' : rootPath(share.dir)}/${ref.folder}`;
      const other =
        readTable().find(({ mountPoint }) => mountPoint === folderHere) ?? mountsBelow(readTable(), folderHere)[0];
      if (other !== undefined) throw new Failure('HasSubmounts', { folder: folderHere, mountPoint: other.mountPoint });
    }
    if (!(await this.#sameFolder(ref, path, folder, budget))) {
      await dataMounts.replace(ref.label, plan, budget.left());
      if (!(await this.#sameFolder(ref, path, folder, budget))) {
        throw new Failure('MountFailed', {
          source: plan.source,
          problem: `it is mounted, but the folder "${ref.folder}" in it is not the one the share shows`,
        });
      }
    }
    if (record?.options.access !== 'ro') return path;
    return await dataMounts.ensureReadOnly(ref.label, ref.folder, path, budget.left());
  }

  /** Whether containers would get the very folder we know: a stale mount shows another one, or none. */
  async #sameFolder(ref: VolumeRef, path: string, folder: Inspection, budget: Budget): Promise<boolean> {
    const key = `${fullName(ref)} ${folder.inode} ${this.#parts.dataMounts.entry(ref.label)?.id}`;
    if (performance.now() - (this.#verified.get(key) ?? Number.NEGATIVE_INFINITY) < VERIFIED_FOR) return true;
    const same = (await this.#parts.dataMounts.inodeOf(path, budget.left(STAT_MS))) === folder.inode;
    if (this.#verified.size > 1000) this.#verified.clear();
    if (same) this.#verified.set(key, performance.now());
    return same;
  }

  async #getFrom(share: Share, name: string, ref: VolumeRef): Promise<ShownVolume | undefined> {
    const { catalogue } = this.#parts;
    const look = (recognise: boolean) =>
      share.use(
        'look at the volume',
        LOOK_MS,
        async files => {
          const found = await lookUp(files, share.dir, ref.folder);
          return found === undefined ? undefined : { ...found, inspection: await files.inspect(ref.folder) };
        },
        { recognise },
      );
    // "No such volume" is only said by a share that was recognised for this very answer.
    const found = (await look(false)) ?? (await look(true));
    if (share.id === undefined) return undefined;
    if (found === undefined) {
      catalogue.gone(share.id, [ref.folder]);
      return undefined;
    }
    catalogue.saw(share.id, ref.label, new Map([[ref.folder, found.record]]));
    const space = await share.space(LOOK_MS).catch(() => undefined);
    return await this.#shown(name, ref, { ...found, space });
  }

  async #shown(
    name: string,
    ref: VolumeRef,
    seen: Pick<Parameters<typeof volumeStatus>[0], 'record' | 'inspection'> & {
      problem?: Failure;
      space?: Parameters<typeof volumeStatus>[0]['space'];
    },
  ): Promise<ShownVolume> {
    const { remoteDirs, references, dataMounts, root } = this.#parts;
    const found = remoteDirs.find(ref.label);
    const dir = found?.state === 'ok' ? found.dir : undefined;
    const share = dir === undefined ? undefined : this.#shares(ref.label);
    const status = volumeStatus({
      state: seen.problem === undefined ? 'ok' : stateOf(found, share, seen.problem),
      problem: seen.problem?.message,
      since: seen.problem === undefined ? undefined : share?.since,
      label: ref.label,
      dir,
      driver: dir === undefined ? undefined : driverFor(dir.type),
      shareId: this.#idOf(ref),
      folder: ref.folder,
      record: seen.record,
      inspection: seen.inspection,
      space: seen.space,
      mounted: dataMounts.entry(ref.label),
      references: references.told(ref),
      users: await this.#seenUsers(dir, ref),
      diesWithPlugin: dir?.type === 'local' && `${dir.path}/`.startsWith(`${root}/`),
    });
    return { name, mountpoint: this.#mountpointOf(ref, seen.record), createdAt: seen.record?.createdAt, status };
  }

  async #seenUsers(dir: RemoteDir | undefined, ref: VolumeRef): Promise<readonly string[] | undefined> {
    const { references, dataMounts, readTable } = this.#parts;
    const mounted = dataMounts.entry(ref.label);
    if (dir === undefined) return undefined;
    const seen = references.seen(markOf(dir, ref, mounted, readTable()));
    return await withDeadline(
      seen,
      SEEN_MS,
      () => new Failure('TimedOut', { what: 'reading the mount tables', seconds: 1 }),
    ).catch(() => undefined);
  }

  async #listOf(label: string): Promise<VolumeRef[]> {
    const { remoteDirs, catalogue, ids, log } = this.#parts;
    const known = catalogue.all(ids.known(label));
    const remembered = () =>
      [...known].filter(([, entry]) => entry.label === label).map(([folder]) => ({ label, folder }));
    const dir = remoteDirs.find(label);
    if (dir?.state !== 'ok') return remembered();
    try {
      const share = this.#shares(label);
      const limit = known.size > 0 ? LIST_MS : LOOK_MS;
      const all = await share.use('list the volumes', limit, files => listVolumes(files, share.dir), {
        recognise: true,
      });
      const folders =
        dir.dir.adopt === 'all'
          ? all.filter(folder => this.#otherRootIn(dir.dir, folder, remoteDirs.all()) === undefined)
          : all;
      this.#updateCatalogue(share, label, folders);
      return folders.map(folder => ({ label, folder }));
    } catch (error) {
      log.debug({ label, err: error }, 'listed from memory');
      return remembered();
    }
  }

  #updateCatalogue(share: Share, label: string, folders: readonly string[]): void {
    const { catalogue } = this.#parts;
    if (share.id === undefined) return;
    const present = new Set(folders);
    const known = catalogue.all(share.id);
    const gone = [...known.keys()].filter(folder => !present.has(folder));
    if (gone.length > 0) catalogue.gone(share.id, gone);
    catalogue.saw(
      share.id,
      label,
      new Map(folders.filter(folder => known.get(folder)?.label !== label).map(folder => [folder, undefined])),
    );
  }

  /** Where a new volume goes, and under which name this host will know it. */
  #placeOf(name: string, wanted: CreateOptions): VolumeRef {
    const { catalogue, remoteDirs } = this.#parts;
    const spelled = catalogue.spelled(name);
    const parsed = parseName(name);
    if (parsed.label !== undefined && wanted.label !== undefined && parsed.label !== wanted.label) {
      throw new Failure('InvalidOption', {
        option: 'remote-dir',
        value: wanted.label,
        expected: `"${parsed.label}", as the name says, or no such option`,
      });
    }
    const label = parsed.label ?? wanted.label ?? spelled?.label ?? remoteDirs.only()?.label;
    if (label === undefined) throw new Failure('LabelNeeded', { known: remoteDirs.labels() });
    const known = catalogue.find(this.#parts.ids.known(label), parsed.folder)?.spelling;
    if (known !== undefined && known !== name) throw new Failure('SpellingTaken', { known });
    if (spelled !== undefined && spelled.label !== label)
      throw new Failure('SpellingTaken', { known: fullName(spelled) });
    return { folder: parsed.folder, label };
  }

  #makeRemoteDir(label: string, wanted: CreateOptions): boolean {
    const { remoteDirs } = this.#parts;
    const found = remoteDirs.find(label);
    if (found === undefined && wanted.remoteDir.size === 0)
      throw new Failure('UnknownLabel', { label, known: remoteDirs.labels() });
    if (wanted.remoteDir.size > 0) remoteDirs.add(label, wanted.remoteDir);
    return found === undefined;
  }

  #forgetRemoteDir(label: string): void {
    this.#parts.remoteDirs.forget(label);
    this.#parts.shares.forget(label);
  }

  /** The volume a name of Docker's means on this host. */
  #locate(name: string): VolumeRef {
    const { catalogue, ids, remoteDirs } = this.#parts;
    const spelled = catalogue.spelled(name);
    if (spelled !== undefined) {
      if (remoteDirs.find(spelled.label) !== undefined) return spelled;
      const renamed = ids.labelsOf(spelled.shareId).find(label => remoteDirs.find(label) !== undefined);
      return { folder: spelled.folder, label: renamed ?? spelled.label };
    }
    const { folder, label } = parseName(name);
    if (label === undefined) throw new Failure('NoSuchVolume', {});
    // Docker counts users per name: under a second one a volume could be removed while it is in use under the first.
    const known = catalogue.find(ids.known(label), folder)?.spelling;
    if (known !== undefined && known !== name) throw new Failure('NoSuchVolume', {});
    return { folder, label };
  }

  #refOfKnown(name: string): VolumeRef | undefined {
    try {
      return this.#locate(name);
    } catch {
      return undefined;
    }
  }

  /** From its first use on, a volume has one name on this host. */
  #remember(share: Share, name: string, ref: VolumeRef, record: VolumeRecord | undefined): void {
    const { catalogue } = this.#parts;
    if (share.id === undefined || catalogue.find(share.id, ref.folder)?.spelling === name) return;
    catalogue.put(share.id, ref.folder, {
      label: ref.label,
      spelling: name,
      ...(record === undefined ? {} : { record }),
    });
  }

  #otherRootIn(dir: RemoteDir, folder: string, all: readonly RemoteDir[]): string | undefined {
    if (!isVolumeName(folder)) return 'its name is one file servers use for themselves';
    const other = passesThrough(dir, folder, all);
    return other === undefined ? undefined : `the volumes of remote dir "${other.label}" lie in it`;
  }

  async #users(dir: RemoteDir, refs: readonly VolumeRef[]): Promise<Map<string, string[]>> {
    const { references, dataMounts, readTable } = this.#parts;
    const marks = new Map(refs.map(ref => [ref, markOf(dir, ref, dataMounts.entry(ref.label), readTable())]));
    return await references.inUse(marks);
  }

  #shares(label: string): Share {
    return this.#parts.shares.get(label);
  }

  #idOf(ref: VolumeRef): string | undefined {
    return this.#parts.ids.known(ref.label);
  }

  #spellingOf(ref: VolumeRef): string {
    return this.#parts.catalogue.find(this.#idOf(ref), ref.folder)?.spelling ?? fullName(ref);
  }

  #mountpointOf(ref: VolumeRef, record = this.#parts.catalogue.find(this.#idOf(ref), ref.folder)?.record): string {
    if (record?.options.access === 'ro') return this.#parts.dataMounts.readOnlyPath(ref.label, ref.folder);
    const found = this.#parts.remoteDirs.find(ref.label);
    return this.#dataPath(found?.state === 'ok' ? found.dir : { volPath: '' }, ref);
  }

  #dataPath(dir: Pick<RemoteDir, 'volPath'>, ref: VolumeRef): string {
    return join(this.#parts.dataMounts.path(ref.label), dir.volPath, ref.folder);
  }

  /** One verb at a time per volume; a verb that could only begin after its caller was told "too late" does not begin. */
  #serially<T>(name: string, what: string, verb: (budget: Budget) => Promise<T>): Promise<T> {
    const budget = new Budget(what, VERB_MS);
    const key = this.#keyOf(name);
    return budget.run(
      this.#queue.run(key, () => {
        budget.left();
        return verb(budget);
      }),
    );
  }

  #keyOf(name: string): string {
    const ref = this.#refOfKnown(name);
    return ref === undefined ? name : fullName(ref);
  }
}

function keepSeconds(record: VolumeRecord, dir: RemoteDir): number | undefined {
  const policy =
    record.options.onRemove ?? (record.adopted ? 'retain' : isAnonymous(record.folder) ? 'delete' : dir.onRemove);
  return { trash: dir.trashFor, delete: 0, retain: undefined }[policy];
}

function stateOf(found: ReturnType<RemoteDirs['find']>, share: Share | undefined, problem: Failure): string {
  if (found === undefined) return 'not-configured';
  if (found.state === 'invalid') return 'invalid-config';
  if (isFailure(problem, 'RecordUnreadable')) return 'record-unreadable';
  return share === undefined || share.state === 'ok' ? 'unreachable' : share.state;
}
