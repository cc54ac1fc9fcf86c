// Direct volumes: one folder of a server, named by the options of Docker's built-in driver, is the volume, as it is. What a
// volume on a remote dir has by our files on the share (a record every host sees, the share's id, attachments, trash) a
// direct volume has not: nothing of ours is ever written there, its owner and mode are not touched, and removing the volume
// forgets it.
//
// Its name is known to the host that was given it by Create, and to nobody else. Several volumes may be the same folder.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from '../../drivers/driver.ts';
import { driverFor } from '../../drivers/registry.ts';
import { Failure } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ControlMounts } from '../../mounts/control-mounts.ts';
import type { DataMounts } from '../../mounts/data-mounts.ts';
import type { ReadMountTable } from '../../mounts/mount-table.ts';
import type { probe as askServer } from '../../remotes/probe.ts';
import { type RemoteDir, sourceOf } from '../../remotes/remote-dir.ts';
import type { Budget } from '../../system/budget.ts';
import { withDeadline } from '../../system/deadline.ts';
import type { Catalogue } from '../catalogue.ts';
import { fullName, parseName } from '../names.ts';
import type { Host } from '../record.ts';
import type { References } from '../references.ts';
import type { ShownVolume } from '../show-volumes.ts';
import { VerbQueue } from '../verb-queue.ts';
import { directMark } from './direct-mark.ts';
import { DirectMemory, type DirectRecord, type DirectVolume } from './direct-memory.ts';
import { asksForDirect, directDifferences, dirOf, type Options, parseDirectOptions } from './direct-options.ts';
import { directStatus } from './direct-status.ts';
import { ensureLastFolder } from './last-folder.ts';
import { Servers } from './servers.ts';

export interface DirectVolumesParts {
  readonly root: string;
  readonly host: Host;
  /** Where this host's memory of its direct volumes is kept */
  readonly file: string;
  readonly controlMounts: ControlMounts;
  readonly dataMounts: DataMounts;
  readonly readTable: ReadMountTable;
  readonly references: References;
  readonly probe: typeof askServer;
  /** Knows which names volumes on remote dirs have here. */
  readonly catalogue: Pick<Catalogue, 'spelled'>;
  readonly mountWaitSeconds: number;
  readonly log: Logger;
  readonly now: () => Date;
}

interface Usable {
  readonly volume: DirectVolume;
  readonly dir: RemoteDir;
  readonly driver: Driver;
}

const ASK_AGAIN_MS = 1000;
/** The server answers, but right after an outage its mounts take a while to find that out. */
const CHECK_MS = 15_000;
const SEEN_MS = 500;

export class DirectVolumes {
  readonly #parts: DirectVolumesParts;
  readonly #memory: DirectMemory;
  readonly #servers: Servers;
  readonly #queue = new VerbQueue();

  constructor(parts: DirectVolumesParts) {
    this.#parts = parts;
    this.#memory = new DirectMemory(parts.file, parts.log);
    this.#servers = new Servers(parts.probe, parts.now);
  }

  has(name: string): boolean {
    return this.#memory.find(name) !== undefined;
  }

  async create(name: string, options: Options): Promise<void> {
    await this.#queue.run(name, 'creating the volume', async budget => {
      const present = this.#memory.find(name);
      if (present !== undefined) refuseOthers(present, options);
      else await this.#createNew(name, options, budget);
    });
  }

  /** Leaves nothing behind when it fails: Docker sends no Unmount then. */
  async mount(name: string, id: string): Promise<string> {
    const { references, dataMounts, mountWaitSeconds } = this.#parts;
    return await this.#queue.run(name, 'mounting the volume', async budget => {
      const usable = usableOf(this.#find(name));
      const ref = refOf(usable.volume);
      await this.#waitForServer(usable, budget.left(mountWaitSeconds * 1000));
      // Counted before it is mounted, so that nothing lets it go again between the mount and the answer.
      references.add(ref, id);
      try {
        const path = await this.#mountData(usable, budget);
        budget.left();
        return path;
      } catch (error) {
        references.drop(ref, id);
        dataMounts.releaseSoon(ref.label);
        throw error;
      }
    });
  }

  unmount(name: string, id: string): void {
    const volume = this.#memory.find(name);
    if (volume === undefined) return;
    this.#parts.references.drop(refOf(volume), id);
    this.#parts.dataMounts.releaseSoon(volume.key);
  }

  /** Forgets it. The server is not asked: nothing changes there. */
  async remove(name: string): Promise<void> {
    const { dataMounts, log } = this.#parts;
    await this.#queue.run(name, 'removing the volume', async () => {
      const volume = this.#find(name);
      const users = await this.#usersByThisName(volume);
      if (users.length > 0) throw new Failure('VolumeInUse', { users });
      this.#memory.forget(name);
      dataMounts.releaseSoon(volume.key);
      log.info({ volume: name, options: volume.record?.options }, 'direct volume forgotten; its folder stays as it is');
    });
  }

  async get(name: string): Promise<ShownVolume | undefined> {
    const { references, dataMounts } = this.#parts;
    const volume = this.#memory.find(name);
    if (volume === undefined) return undefined;
    const isUnderstood = !(volume.settings instanceof Failure);
    const [reach, users] = await Promise.all([
      isUnderstood ? this.#servers.look(probeOf(usableOf(volume))) : undefined,
      this.#seenUsers(volume),
    ]);
    const status = directStatus({
      volume,
      reach,
      mounted: dataMounts.entry(volume.key),
      references: references.told(refOf(volume)),
      users,
    });
    return { name, mountpoint: dataMounts.path(volume.key), createdAt: volume.record?.createdAt, status };
  }

  /** No server is asked: that this host was given them is all there is to know. */
  list(): Promise<{ name: string; mountpoint: string }[]> {
    const volumes = this.#memory.names().map(name => this.#find(name));
    return Promise.resolve(volumes.map(({ name, key }) => ({ name, mountpoint: this.#parts.dataMounts.path(key) })));
  }

  path(name: string): string {
    const { key } = this.#find(name);
    if (this.#parts.dataMounts.entry(key) === undefined) throw new Failure('NotMounted', {});
    return this.#parts.dataMounts.path(key);
  }

  /** Asked before a mount is let go, also one whose volume has been forgotten. */
  async inUse(key: string): Promise<boolean> {
    const { references, dataMounts } = this.#parts;
    if (references.toldOf(key).length > 0) return true;
    const entry = dataMounts.entry(key);
    if (entry === undefined) return false;
    const mark = directMark(entry.source, this.#parts.root, this.#parts.readTable());
    return (await references.inUse(new Map([[{ label: key, folder: '' }, mark]]))).size > 0;
  }

  async #createNew(name: string, options: Options, budget: Budget): Promise<void> {
    const { host, now, controlMounts, log } = this.#parts;
    const settings = parseDirectOptions(options);
    refuseLabel(name);
    const record: DirectRecord = {
      version: 1,
      id: randomUUID(),
      createdAt: now().toISOString(),
      createdBy: host,
      options: Object.fromEntries(options),
    };
    const dir = dirOf(settings, name);
    this.#refuseTaken(name);
    const { problem } = await this.#servers.ask(driverFor(dir.type).probe(dir));
    if (problem !== undefined) throw new Failure('ServerUnreachable', { source: sourceOf(dir), problem });
    const made = await ensureLastFolder(dir, controlMounts, budget);
    // Asked again: that took its time.
    this.#refuseTaken(name);
    budget.left();
    this.#memory.put(name, record);
    log.info({ volume: name, source: sourceOf(dir), made }, 'direct volume created');
  }

  #refuseTaken(name: string): void {
    const other = this.#parts.catalogue.spelled(name);
    if (other !== undefined) throw new Failure('NameTaken', { name, by: `the volume "${fullName(other)}"` });
  }

  /** Hosts boot before their file server does. */
  async #waitForServer(usable: Usable, milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const { problem } = await this.#servers.ask(probeOf(usable));
      if (problem === undefined) return;
      if (end - performance.now() <= ASK_AGAIN_MS)
        throw new Failure('ServerUnreachable', { source: sourceOf(usable.dir), problem });
      await sleep(ASK_AGAIN_MS);
    }
  }

  async #mountData({ volume, dir, driver }: Usable, budget: Budget): Promise<string> {
    const { dataMounts } = this.#parts;
    const plan = driver.dataPlan(dir);
    await dataMounts.ensure(volume.key, plan, budget.left());
    const path = dataMounts.path(volume.key);
    // What an earlier use has left there may be stale.
    if ((await dataMounts.whatIsWrongAt(path, budget.left(CHECK_MS))) === undefined) return path;
    await dataMounts.replace(volume.key, plan, budget.left());
    const problem = await dataMounts.whatIsWrongAt(path, budget.left(CHECK_MS));
    if (problem !== undefined)
      throw new Failure('MountFailed', { source: plan.source, problem: `it is mounted, but ${problem}` });
    return path;
  }

  /**
   * Other volumes may be the same folder, and a mount table does not tell by which name a container has it. So one that
   * Docker has not asked for under this name is not in use by it: Docker itself counts by name, and nothing is lost.
   */
  async #usersByThisName(volume: DirectVolume): Promise<readonly string[]> {
    const { references } = this.#parts;
    const ref = refOf(volume);
    const mark = this.#markOf(volume);
    if (references.told(ref) === 0 || mark === undefined) return [];
    return [...(await references.inUse(new Map([[ref, mark]]))).values()].flat();
  }

  /** Whoever has the folder, by whatever name. */
  async #seenUsers(volume: DirectVolume): Promise<readonly string[] | undefined> {
    const mark = this.#markOf(volume);
    if (mark === undefined) return [];
    const late = () => new Failure('TimedOut', { what: 'reading the mount tables', seconds: 1 });
    return await withDeadline(this.#parts.references.seen(mark), SEEN_MS, late).catch(() => undefined);
  }

  #markOf({ settings }: DirectVolume) {
    if (settings instanceof Failure) return undefined;
    return directMark(sourceOf(settings), this.#parts.root, this.#parts.readTable());
  }

  #find(name: string): DirectVolume {
    const volume = this.#memory.find(name);
    if (volume === undefined) throw new Failure('NoSuchVolume', {});
    return volume;
  }
}

/** Whether a Create is about a direct volume: one that there is, or one that is to be. */
export const isForDirect = (direct: DirectVolumes, name: string, options: Options) =>
  direct.has(name) || asksForDirect(options);

const refOf = ({ name, key }: DirectVolume) => ({ label: key, folder: name });

const probeOf = ({ driver, dir }: Usable) => driver.probe(dir);

function usableOf(volume: DirectVolume): Usable {
  const { settings, key } = volume;
  if (settings instanceof Failure) throw settings;
  const dir = dirOf(settings, key);
  // For a mount of its own this is all it takes: the kernel refuses every write to it.
  const args = settings.access === 'ro' ? [...dir.args, 'ro'] : dir.args;
  return { volume, dir: { ...dir, args }, driver: driverFor(dir.type) };
}

function refuseOthers({ settings, record }: DirectVolume, options: Options): void {
  if (options.size === 0) return;
  if (settings instanceof Failure) throw settings;
  const differences = directDifferences(options, new Map(Object.entries(record?.options ?? {})));
  if (differences.length > 0) throw new Failure('OptionsDiffer', { differences });
}

function refuseLabel(name: string): void {
  const { label } = parseName(name);
  if (label === undefined) return;
  const problem = `device names a folder that is a volume by itself, on no remote dir, so its name has no "@${label}"; leave that out, or leave device and o out for a volume on remote dir "${label}"`;
  throw new Failure('DirectOptionsInvalid', { faults: [problem] });
}
