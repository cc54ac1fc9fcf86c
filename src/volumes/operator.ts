// What an operator can do that Docker's volume API has no words for: removed volumes, other hosts' attachments, and a share
// that is another one on purpose.

import { randomUUID } from 'node:crypto';
import { errnoOf, Failure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Share } from '../remotes/share.ts';
import { OURS } from '../remotes/share-format.ts';
import type { Shares } from '../remotes/shares.ts';
import type { FileWork } from '../system/file-work.ts';
import { type OtherHost, otherHosts } from './elsewhere.ts';
import { removeHostSign } from './host-sign.ts';
import { LEASE_MS } from './host-watch.ts';
import { isVolumeName } from './names.ts';
import type { Presence } from './presence.ts';
import type { Host } from './record.ts';
import { restoreVolume, withoutEarlier } from './restore.ts';
import { listSigns, takeSigns } from './signs.ts';
import type { Trash } from './trash.ts';
import { claimEntry, listTrash, restoredAs, type TrashEntry } from './trash-entry.ts';

export interface OperatorParts {
  readonly shares: Shares;
  readonly host: Host;
  readonly presence: Presence;
  readonly trash: Trash;
  readonly log: Logger;
  readonly now: () => Date;
}

export interface TrashView {
  readonly label: string;
  readonly entry: string;
  readonly volume: string;
  readonly keepUntil: string;
  readonly state: 'kept' | 'purging' | 'restoring';
}

export interface AttachmentView extends OtherHost {
  readonly label: string;
  readonly volume: string;
  readonly isThisHost: boolean;
}

const CALL_MS = 20_000;
const ATTACHMENTS = `${OURS}/attachments`;

export class Operator {
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  async trash(label: string): Promise<TrashView[]> {
    const entries = await this.#look(label, 'look through the trash', listTrash);
    return entries.map(entry => ({
      label,
      entry: entry.name,
      volume: entry.folder,
      keepUntil: entry.keepUntil.toISOString(),
      state: stateOf(entry),
    }));
  }

  /** Returns the name of the volume that is there again. */
  async restore(label: string, entry: string, name: string | undefined): Promise<string> {
    if (name !== undefined && !isVolumeName(name))
      throw new Failure('InvalidName', { name, problem: 'it is no name of a volume' });
    const { host, now, log } = this.#parts;
    const record = await this.#change(label, 'restore a volume', async files =>
      restoreVolume(files, await findEntry(files, entry), { host, now, newId: randomUUID, folder: name }),
    );
    log.info({ label, volume: record.folder, entry }, 'a removed volume was restored');
    return `${record.folder}@${label}`;
  }

  /** Begins to delete it now; that goes on in the background. */
  async purge(label: string, entry: string): Promise<void> {
    const { host, now } = this.#parts;
    await this.#change(label, 'delete a removed volume', async files => {
      const kept = await withoutEarlier(files, await findEntry(files, entry), { host, now, newId: randomUUID });
      const claimed = await claimEntry(files, kept, 'purging');
      if (claimed === undefined) throw notInTrash(entry);
    });
    this.#parts.trash.sweepSoon(this.#share(label));
  }

  async attachments(label: string): Promise<AttachmentView[]> {
    const { host, presence } = this.#parts;
    const watch = presence.keepWatching(label);
    return await this.#look(label, 'look for attachments', async files => {
      const found: AttachmentView[] = [];
      for (const volume of await volumesWithSigns(files)) {
        const { attached } = await listSigns(files, volume);
        for (const each of await otherHosts(files, volume, attached, watch))
          found.push({ ...each, label, volume, isThisHost: each.id === host.id });
      }
      return found;
    });
  }

  /** Takes away what a host that is gone for good has attached. Returns the volumes that are free of it now. */
  async release(label: string, hostName: string): Promise<string[]> {
    const { presence, log } = this.#parts;
    const all = (await this.attachments(label)).filter(({ id, name }) => id === hostName || name === hostName);
    const ids = new Set(all.map(({ id }) => id));
    if (all.length === 0)
      throw new Failure('NothingToRelease', { host: hostName, reason: 'it has nothing attached there' });
    if (all.some(({ isThisHost }) => isThisHost))
      throw new Failure('NothingToRelease', { host: hostName, reason: 'it is this host, which lets go by itself' });
    if (ids.size > 1)
      throw new Failure('NothingToRelease', {
        host: hostName,
        reason: `several hosts are called so; use an id: ${[...ids].join(', ')}`,
      });
    const [id = ''] = ids;
    if (!all.every(({ isOver }) => isOver) && presence.watch(label).silentFor(id) < LEASE_MS)
      throw new Failure('NothingToRelease', {
        host: hostName,
        reason: `it shows signs of life, or has not been watched for ${LEASE_MS / 1000} s yet; stop its containers there, or ask again in ${(2 * LEASE_MS) / 1000} s`,
      });
    await this.#change(label, 'release the attachments of a host', async files => {
      for (const { volume } of all) {
        const { attached } = await listSigns(files, volume);
        await takeSigns(
          files,
          volume,
          attached.filter(sign => sign.id === id).map(({ name }) => name),
        );
      }
      await removeHostSign(files, id);
    });
    const volumes = all.map(({ volume }) => `${volume}@${label}`);
    log.warn({ label, host: hostName, hostId: id, volumes }, 'the attachments of a silent host were released');
    return volumes;
  }

  /** What is behind the label now is what the operator wants to have there. */
  async accept(label: string): Promise<string> {
    const { shares, log } = this.#parts;
    const before = this.#share(label).id;
    const after = await shares.accept(label, CALL_MS);
    log.warn({ label, before, after }, 'another share was accepted behind a label');
    return after;
  }

  #share(label: string): Share {
    return this.#parts.shares.get(label);
  }

  #look<T>(label: string, what: string, work: (files: FileWork) => Promise<T>): Promise<T> {
    return this.#share(label).use(what, CALL_MS, work, { insist: true, recognise: true });
  }

  #change<T>(label: string, what: string, work: (files: FileWork) => Promise<T>): Promise<T> {
    return this.#share(label).use(what, CALL_MS, work, { insist: true, recognise: true, write: true });
  }
}

function stateOf(entry: TrashEntry): TrashView['state'] {
  if (restoredAs(entry) !== undefined) return 'restoring';
  return entry.claimed === undefined ? 'kept' : 'purging';
}

async function findEntry(files: FileWork, name: string): Promise<TrashEntry> {
  const entry = (await listTrash(files)).find(each => each.name === name);
  if (entry === undefined) throw notInTrash(name);
  return entry;
}

async function volumesWithSigns(files: FileWork): Promise<string[]> {
  try {
    return (await files.list(ATTACHMENTS)).map(({ name }) => name).filter(isVolumeName);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const notInTrash = (entry: string) => new Failure('NotRestorable', { reason: `there is no "${entry}" in trash` });
