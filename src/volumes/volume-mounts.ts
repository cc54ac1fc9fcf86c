// A volume as containers get it: the share mounted once, the volume's folder in it proven to be the right one, and a
// read-only view where that was asked for. And who on this host has it.

import { join } from 'node:path';
import { driverFor } from '../drivers/registry.ts';
import { Failure, isFailure } from '../errors.ts';
import type { DataMounts } from '../mounts/data-mounts.ts';
import type { FolderIdentity } from '../mounts/folder-identity.ts';
import { nameOfSource } from '../mounts/mount-plan.ts';
import { type MountEntry, mountsBelow, type ReadMountTable } from '../mounts/mount-table.ts';
import { byEachAddress, type RemoteDir, rootPath, sourceOf } from '../remotes/remote-dir.ts';
import type { RemoteDirs } from '../remotes/remote-dirs.ts';
import type { Budget } from '../system/budget.ts';
import { withDeadline } from '../system/deadline.ts';
import type { Inspection } from '../system/file-work.ts';
import { fullName, type VolumeRef } from './names.ts';
import type { VolumeRecord } from './record.ts';
import type { References } from './references.ts';
import { markOf, markOfShare, mountSourceOf } from './volume-mark.ts';

export interface VolumeMountsParts {
  readonly dataMounts: DataMounts;
  readonly references: References;
  readonly remoteDirs: RemoteDirs;
  readonly readTable: ReadMountTable;
}

const STAT_MS = 3000;
const SEEN_MS = 500;
const VERIFIED_FOR = 5000;

export class VolumeMounts {
  readonly #parts: VolumeMountsParts;
  readonly #verified = new Map<string, number>();

  constructor(parts: VolumeMountsParts) {
    this.#parts = parts;
  }

  /** Returns the path Docker is answered with; it exists, and it is the folder that was looked at. */
  async mount(
    dir: RemoteDir,
    ref: VolumeRef,
    record: VolumeRecord | undefined,
    folder: Inspection,
    budget: Budget,
  ): Promise<string> {
    const { dataMounts } = this.#parts;
    const plan = driverFor(dir.type).dataPlan(dir);
    const present = await this.#presentOne(dir, ref);
    await dataMounts.ensure(
      ref.label,
      present === undefined ? plan : driverFor(dir.type).dataPlan(present),
      budget.left(),
    );
    const path = this.#dataPath(dir, ref);
    if (plan.kind === 'bind') this.#refuseSubmounts(dir, ref);
    const look = this.#whatIsWrong(dir, ref, path, folder, budget);
    if ((await (present === undefined ? look : look.catch(cannotMove(present, dir)))) !== undefined) {
      await dataMounts.replace(ref.label, plan, budget.left());
      const wrong = await this.#whatIsWrong(dir, ref, path, folder, budget);
      if (wrong !== undefined)
        throw new Failure('MountFailed', { source: nameOfSource(plan), problem: `it is mounted, but ${wrong}` });
    }
    if (record?.options.access !== 'ro') return path;
    return await dataMounts.ensureReadOnly(ref.label, ref.folder, path, budget.left());
  }

  /** The kernel cannot move a mount to another address: while somebody uses the one that is there, it stays where it is. */
  async #presentOne(dir: RemoteDir, ref: VolumeRef): Promise<RemoteDir | undefined> {
    const { dataMounts, references } = this.#parts;
    const mounted = dataMounts.entry(ref.label);
    const [, ...others] = byEachAddress(dir);
    const other = others.find(each => mountSourceOf(each) === mounted?.source);
    if (mounted === undefined || other === undefined) return undefined;
    // The use that is about to begin has been counted already.
    const told = references.toldOf(ref.label).filter(name => name !== fullName(ref)).length + references.told(ref);
    return told > 1 || (await this.#isSeen(ref.label, dir.volPath, mounted)) ? other : undefined;
  }

  mountpoint(ref: VolumeRef, record: VolumeRecord | undefined): string {
    if (record?.options.access === 'ro') return this.#parts.dataMounts.readOnlyPath(ref.label, ref.folder);
    const found = this.#parts.remoteDirs.find(ref.label);
    return this.#dataPath(found?.state === 'ok' ? found.dir : { volPath: '' }, ref);
  }

  /** Everybody who has the volume now, in words. Throws when that cannot be known. */
  async users(dir: RemoteDir, ref: VolumeRef): Promise<readonly string[]> {
    return (await this.usersOfAll(dir, [ref])).get(fullName(ref)) ?? [];
  }

  /** The same of several volumes of a share with one look, by full name. */
  async usersOfAll(dir: RemoteDir, refs: readonly VolumeRef[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return await this.#parts.references.inUse(new Map(refs.map(ref => [ref, this.#markOf(dir, ref)])));
  }

  /** The same for showing: a little old, and undefined rather than late. */
  async seenUsers(dir: RemoteDir, ref: VolumeRef): Promise<readonly string[] | undefined> {
    const late = () => new Failure('TimedOut', { what: 'reading the mount tables', seconds: 1 });
    return await withDeadline(this.#parts.references.seen(this.#markOf(dir, ref)), SEEN_MS, late).catch(
      () => undefined,
    );
  }

  /** Whether anything on this host still uses a share: asked before its mount is let go. */
  async labelInUse(label: string): Promise<boolean> {
    const { references, dataMounts, remoteDirs } = this.#parts;
    if (references.toldOf(label).length > 0) return true;
    const entry = dataMounts.entry(label);
    if (entry === undefined) return false;
    const found = remoteDirs.find(label);
    return await this.#isSeen(label, found?.state === 'ok' ? found.dir.volPath : '', entry);
  }

  /** Whether the mount tables show anybody who has something of a mounted share. */
  async #isSeen(label: string, volPath: string, mounted: MountEntry): Promise<boolean> {
    const whole = markOfShare(label, volPath, mounted);
    return (await this.#parts.references.inUse(new Map([[{ label, folder: '' }, whole]]))).size > 0;
  }

  /** A bind does not show what is mounted below it on this host: containers would write beside the real data. */
  #refuseSubmounts(dir: RemoteDir, ref: VolumeRef): void {
    const folder = join(rootPath(dir), ref.folder);
    const table = this.#parts.readTable();
    const other = table.find(({ mountPoint }) => mountPoint === folder) ?? mountsBelow(table, folder)[0];
    if (other !== undefined) throw new Failure('HasSubmounts', { folder, mountPoint: other.mountPoint });
  }

  /** A stale mount shows another folder than the one we know, or none. */
  async #whatIsWrong(
    { type }: RemoteDir,
    ref: VolumeRef,
    path: string,
    folder: Inspection,
    budget: Budget,
  ): Promise<string | undefined> {
    const key = `${fullName(ref)} ${folder.inode} ${this.#parts.dataMounts.entry(ref.label)?.id}`;
    if (performance.now() - (this.#verified.get(key) ?? Number.NEGATIVE_INFINITY) < VERIFIED_FOR) return undefined;
    const seen = await this.#parts.dataMounts.identityOf(path, budget.left(STAT_MS));
    if ('problem' in seen) return `root of this host cannot look at the folder "${ref.folder}" in it: ${seen.problem}`;
    if (!isSame(seen, folder, type)) return `the folder "${ref.folder}" in it is not the one the share shows`;
    if (this.#verified.size > 1000) this.#verified.clear();
    this.#verified.set(key, performance.now());
    return undefined;
  }

  #markOf(dir: RemoteDir, ref: VolumeRef) {
    return markOf(dir, ref, this.#parts.dataMounts.entry(ref.label), this.#parts.readTable());
  }

  #dataPath(dir: Pick<RemoteDir, 'volPath'>, ref: VolumeRef): string {
    return join(this.#parts.dataMounts.path(ref.label), dir.volPath, ref.folder);
  }
}

function isSame(seen: FolderIdentity, folder: Inspection, type: RemoteDir['type']): boolean {
  if (seen.inode === folder.inode) return true;
  return driverFor(type).numbersVary === true && seen.born !== '0' && seen.born === folder.born;
}

const cannotMove = (present: RemoteDir, reached: RemoteDir) => (error: unknown) => {
  if (!isFailure(error, 'TimedOut')) throw error;
  const problem = `containers of this host have it mounted from there, which does not answer now, and no mount can be moved to ${reached.addr}; stop these containers, and the next one gets the share by that address`;
  throw new Failure('MountFailed', { source: sourceOf(present), problem }, { cause: error });
};
