// What Docker is told of the volumes there are. The share says it when it answers in time; what this host remembers says it
// otherwise; and only a share that was recognised for this very answer can say that a volume is gone.

import { driverFor } from '../drivers/registry.ts';
import { type Failure, isFailure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DataMounts } from '../mounts/data-mounts.ts';
import type { RemoteDirs } from '../remotes/remote-dirs.ts';
import type { Share } from '../remotes/share.ts';
import type { ShareIds } from '../remotes/share-ids.ts';
import type { Shares } from '../remotes/shares.ts';
import type { FileWork, Inspection, Space } from '../system/file-work.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { describeHost, type OtherHost, otherHosts } from './elsewhere.ts';
import { lookFor } from './half-made.ts';
import type { KnownNames } from './known-names.ts';
import type { VolumeRef } from './names.ts';
import { otherRootIn } from './other-root.ts';
import type { Presence } from './presence.ts';
import type { VolumeRecord } from './record.ts';
import { listVolumes, lookUp } from './records.ts';
import type { References } from './references.ts';
import { listSigns } from './signs.ts';
import type { VolumeMounts } from './volume-mounts.ts';
import { type VolumeStatus, volumeStatus } from './volume-status.ts';

export interface ShowVolumesParts {
  readonly root: string;
  readonly hostId: string;
  readonly remoteDirs: RemoteDirs;
  readonly shares: Shares;
  readonly ids: ShareIds;
  readonly catalogue: Catalogue;
  readonly names: KnownNames;
  readonly references: References;
  readonly dataMounts: DataMounts;
  readonly mounts: VolumeMounts;
  readonly presence: Presence;
  readonly log: Logger;
}

export interface ShownVolume {
  readonly name: string;
  readonly mountpoint: string;
  readonly createdAt: string | undefined;
  readonly status: VolumeStatus;
}

interface Seen {
  readonly record: VolumeRecord | undefined;
  readonly inspection?: Inspection | undefined;
  readonly space?: Space | undefined;
  readonly isRemoved?: boolean;
  readonly others?: readonly OtherHost[];
  readonly problem?: Failure;
}

const LOOK_MS = 2000;
/** Docker shows the list of all drivers when the slowest has answered; what we remember is nearly always right. */
const LIST_MS = 1000;
/** Right after a start one share may be down and the others there: a list that is short for a moment does no harm. */
const OPENING_MS = 300;
const MOST_NEWS = 16;

export class ShowVolumes {
  readonly #parts: ShowVolumesParts;

  constructor(parts: ShowVolumesParts) {
    this.#parts = parts;
  }

  /** undefined: there is no such volume, and that is known. */
  async get(name: string): Promise<ShownVolume | undefined> {
    const { names, catalogue, shares } = this.#parts;
    // A name that cannot be one, or that this host was never given, is nobody's: no share is asked.
    const ref = names.find(name);
    if (ref === undefined) return undefined;
    const remembered = catalogue.find(names.shareId(ref), ref.folder);
    try {
      const seen = await this.#look(shares.get(ref.label), ref);
      return seen === undefined ? undefined : await this.#shown(name, ref, seen);
    } catch (error) {
      if (!isFailure(error)) throw error;
      // Neither the settings nor our memory know the label: the name is not one of ours.
      if (isFailure(error, 'RemoteDirGone') && names.shareId(ref) === undefined) return undefined;
      // Docker forgets what it is told does not exist. A record that is there but cannot be read is a volume, too.
      if (remembered === undefined && !isFailure(error, 'RecordUnreadable')) throw error;
      return await this.#shown(name, ref, { record: remembered?.record, problem: error });
    }
  }

  /** Every volume of every share that answers in time, and the remembered ones of the others. */
  async list(): Promise<{ name: string; mountpoint: string }[]> {
    const { remoteDirs, ids, names, mounts, catalogue } = this.#parts;
    const labels = [...new Set([...remoteDirs.labels(), ...ids.labels()])];
    const refs = (await Promise.all(labels.map(label => this.#listOf(label)))).flat();
    // Of a label that was renamed, the volumes are remembered under the old name and found under the new one.
    const once = new Map(refs.reverse().map(ref => [`${names.shareId(ref) ?? ref.label} ${ref.folder}`, ref]));
    return [...once.values()].map(ref => {
      const record = catalogue.find(names.shareId(ref), ref.folder)?.record;
      return { name: names.spelling(ref), mountpoint: mounts.mountpoint(ref, record) };
    });
  }

  async #look(share: Share, ref: VolumeRef): Promise<Seen | undefined> {
    const { catalogue, names, remoteDirs } = this.#parts;
    const before = catalogue.find(names.shareId(ref), ref.folder);
    const look = (recognise: boolean) =>
      share.use(
        'look at the volume',
        LOOK_MS,
        async files => {
          const found = await lookUp(files, share.dir, ref.folder, remoteDirs.all());
          if (found?.record === undefined && found !== undefined)
            return { ...found, inspection: await files.inspect(ref.folder) };
          return found?.record === undefined ? undefined : await this.#lookAround(files, ref, found.record);
        },
        { recognise },
      );
    // Without an id, what is seen could not be remembered.
    const found = (await look(share.id === undefined)) ?? (await look(true));
    if (share.id === undefined) return undefined;
    if (found === undefined) {
      // What was made while we looked is not gone.
      if (catalogue.find(share.id, ref.folder) === before) catalogue.gone(share.id, [ref.folder]);
      return undefined;
    }
    catalogue.saw(share.id, ref.label, new Map([[ref.folder, found.record]]));
    return { ...found, space: await share.space(LOOK_MS).catch(() => undefined) };
  }

  /** undefined: half made. Create has not succeeded yet, and only when Docker is told "no" does it ask for it again. */
  async #lookAround(files: FileWork, ref: VolumeRef, record: VolumeRecord) {
    const { presence, hostId } = this.#parts;
    const { attached, creating, removing } = await listSigns(files, ref.folder);
    if (creating.some(({ id }) => id === record.id)) return undefined;
    const elsewhere = attached.filter(({ id }) => id !== hostId);
    const others =
      elsewhere.length === 0 ? [] : await otherHosts(files, ref.folder, elsewhere, presence.keepWatching(ref.label));
    const isRemoved = removing.some(({ id }) => id === record.id);
    return { record, isRemoved, others, inspection: await files.inspect(ref.folder) };
  }

  async #shown(name: string, ref: VolumeRef, seen: Seen): Promise<ShownVolume> {
    const { remoteDirs, shares, names, references, dataMounts, mounts, root } = this.#parts;
    const found = remoteDirs.find(ref.label);
    const share = found?.state === 'ok' ? shares.get(ref.label) : undefined;
    const dir = share?.here;
    const status = volumeStatus({
      state: seen.problem === undefined ? 'ok' : stateOf(found, share, seen.problem),
      problem: seen.problem?.message,
      since: seen.problem === undefined ? undefined : share?.since,
      label: ref.label,
      dir,
      driver: dir === undefined ? undefined : driverFor(dir.type),
      shareId: names.shareId(ref),
      folder: ref.folder,
      record: seen.record,
      inspection: seen.inspection,
      space: seen.space,
      isRemoved: seen.isRemoved ?? false,
      unwritable: share?.unwritable?.message,
      otherHosts: seen.others?.map(describeHost),
      mounted: dataMounts.entry(ref.label),
      references: references.told(ref),
      users: dir === undefined ? undefined : await mounts.seenUsers(dir, ref),
      diesWithPlugin: dir?.type === 'local' && `${dir.path}/`.startsWith(`${root}/`),
    });
    return { name, mountpoint: mounts.mountpoint(ref, seen.record), createdAt: seen.record?.createdAt, status };
  }

  async #listOf(label: string): Promise<VolumeRef[]> {
    const { remoteDirs, shares, catalogue, ids, log } = this.#parts;
    const known = catalogue.all(ids.known(label));
    const remembered = () =>
      [...known].filter(([, entry]) => entry.label === label).map(([folder]) => ({ label, folder }));
    if (remoteDirs.find(label)?.state !== 'ok') return remembered();
    try {
      const share = shares.get(label);
      const before = new Map(known);
      const limit = share.state === 'opening' ? OPENING_MS : LIST_MS;
      const look = async (files: FileWork) => await withoutHalfMade(files, await listVolumes(files, share.dir), before);
      const all = await share.use('list the volumes', limit, look, { recognise: true });
      const others = remoteDirs.all();
      const folders =
        share.dir.adopt === 'all' ? all.filter(folder => otherRootIn(share.dir, folder, others) === undefined) : all;
      this.#updateCatalogue(share, folders, before);
      return folders.map(folder => ({ label, folder }));
    } catch (error) {
      log.debug({ label, err: error }, 'listed from memory');
      return remembered();
    }
  }

  #updateCatalogue(share: Share, folders: readonly string[], before: ReadonlyMap<string, CatalogueEntry>): void {
    const { catalogue } = this.#parts;
    if (share.id === undefined) return;
    const { label } = share.dir;
    const present = new Set(folders);
    const known = catalogue.all(share.id);
    catalogue.gone(
      share.id,
      [...before]
        .filter(([folder, entry]) => !present.has(folder) && known.get(folder) === entry)
        .map(([folder]) => folder),
    );
    const news = folders.filter(folder => known.get(folder)?.label !== label);
    catalogue.saw(share.id, label, new Map(news.map(folder => [folder, undefined])));
  }
}

/**
 * Get knows none of them, and only Create can go on with one. Looked for among what this host has never seen, where that is
 * little: a list is not to wait for thousands of looks, and what Docker was told is made is always listed.
 */
async function withoutHalfMade(
  files: FileWork,
  folders: readonly string[],
  known: ReadonlyMap<string, unknown>,
): Promise<string[]> {
  const news = folders.filter(folder => !known.has(folder));
  if (news.length > MOST_NEWS) return [...folders];
  const halfMade = new Set((await lookFor(files, news)).halfMade.map(({ folder }) => folder));
  return folders.filter(folder => !halfMade.has(folder));
}

function stateOf(found: ReturnType<RemoteDirs['find']>, share: Share | undefined, problem: Failure): string {
  if (found === undefined) return 'not-configured';
  if (found.state === 'invalid') return 'invalid-config';
  if (isFailure(problem, 'RecordUnreadable')) return 'record-unreadable';
  // A call that came too late for its own limit leaves the share as it was.
  return share === undefined || share.state === 'ok' ? 'unreachable' : share.state;
}
