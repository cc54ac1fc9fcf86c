// One share as this host sees it now: reachable or not, the right one or not, and the only way to its files.
//
// Every call has a deadline. A call that hangs makes the share `unreachable` at once for everybody, its control mount is
// dropped (which frees the stuck calls), and from then on a background probe, not a user, waits for the server.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from '../drivers/driver.ts';
import { errnoOf, Failure, isFailure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ControlMounts } from '../mounts/control-mounts.ts';
import { Budget } from '../system/budget.ts';
import { type FileWork, fileWork, type Space, untilLate } from '../system/file-work.ts';
import { type FileWorker, type Identity, startFileWorker } from '../system/file-worker.ts';
import { Bulkhead, Stuck } from './bulkhead.ts';
import type { probe as askServer } from './probe.ts';
import { type RemoteDir, sourceOf } from './remote-dir.ts';
import { checkFolders, establish, type Found, OURS, proveWritable, recognise } from './share-format.ts';
import type { ShareIds } from './share-ids.ts';

export type ShareState = 'opening' | 'ok' | 'unreachable' | 'wrong-share' | 'refused';

export interface ShareParts {
  readonly driver: Driver;
  readonly controlMounts: ControlMounts;
  readonly ids: ShareIds;
  readonly probe: typeof askServer;
  readonly log: Logger;
  /** Whether a label is in use on this host: only then can it be the other name of this root. */
  readonly isConfigured: (label: string) => boolean;
  /** Starts this program as a file worker. */
  readonly workerCommand: readonly string[];
  readonly fileWork?: typeof fileWork;
}

export interface UseOptions {
  /** Ask the server again although it is known to be unreachable: for calls whose caller rather waits than fails. */
  readonly insist?: boolean;
  /** Make sure right now that this is still the share we know: before anything is changed, or said to be gone. */
  readonly recognise?: boolean;
  readonly write?: boolean;
}

/** How long a recognition is good for calls that change nothing. */
const RECOGNISED_FOR = 5000;
const OPEN_WITHIN = 20_000;
const IDLE_AFTER = 10 * 60_000;
const PROBE_PAUSES = [1000, 2000, 4000, 8000, 15_000];
/** What a soft mount answers for a server that does not; a disk of this host says EIO for itself alone. */
const LOST = ['ETIMEDOUT', 'ESTALE', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOTCONN', 'ECONNREFUSED', 'ECONNRESET'];

export class Share {
  readonly dir: RemoteDir;
  readonly #parts: ShareParts;
  readonly #bulkhead: Bulkhead;
  /** Calls at work: told at once when the share is lost, whatever time they were given. */
  readonly #waiting = new Set<(failure: Failure) => void>();
  #state: ShareState = 'opening';
  #failure: Failure | undefined;
  #since = new Date();
  #files: FileWork | undefined;
  #worker: FileWorker | undefined;
  #folder: string | undefined;
  #realPath: string | undefined;
  #unwritable: Failure | undefined;
  #opening: Promise<FileWork> | undefined;
  #recognisedAt = Number.NEGATIVE_INFINITY;
  #space: { readonly at: number; readonly value: Space } | undefined;
  #probing = false;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(dir: RemoteDir, parts: ShareParts) {
    this.dir = dir;
    this.#parts = parts;
    this.#bulkhead = new Bulkhead((what, seconds) => {
      if (this.#state !== 'unreachable') this.#lost(this.#unreachable(`it took longer than ${seconds} s to ${what}`));
    });
  }

  /** The remote dir with its folder as the mount table names it: links on the way to a local folder resolved. */
  get here(): RemoteDir {
    return this.#realPath === undefined ? this.dir : { ...this.dir, path: this.#realPath };
  }

  get state(): ShareState {
    return this.#state;
  }

  get since(): Date {
    return this.#since;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get id(): string | undefined {
    return this.#parts.ids.known(this.dir.label);
  }

  /** Where the root can be worked on by a child of ours, and as whom; undefined while the share is not open. */
  get place(): { readonly folder: string; readonly identity: Identity | undefined } | undefined {
    if (this.#folder === undefined) return undefined;
    return { folder: this.#folder, identity: this.#worker === undefined ? undefined : this.#owner() };
  }

  /** Does file work below the root. Whatever fails, fails as a Failure, within the given time. */
  async use<T>(
    what: string,
    milliseconds: number,
    work: (files: FileWork) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    if (this.#state === 'unreachable' && options.insist !== true)
      throw this.#failure ?? this.#unreachable('no answer yet');
    const budget = new Budget(what, milliseconds);
    const files = await budget.run(this.#open());
    this.#stayOpen();
    if (options.recognise === true || performance.now() - this.#recognisedAt > RECOGNISED_FOR) {
      await this.#call('recognise the share', budget, () => this.#recognise(files));
    }
    if (options.write === true && this.#unwritable !== undefined) throw this.#unwritable;
    let late = false;
    try {
      return await this.#call(what, budget, () => work(untilLate(files, () => late)));
    } finally {
      late = true;
    }
  }

  /** Waits for a share that does not answer yet: hosts boot before their file server does. */
  async waitUntilReady(milliseconds: number): Promise<void> {
    const budget = new Budget('waiting for the share', milliseconds);
    let reason: Failure | undefined;
    for (;;) {
      try {
        await this.use('reach the share', budget.left(), async () => {}, { insist: true });
        return;
      } catch (error) {
        const pause = 1000;
        const hopeless = isFailure(error, 'WrongShare', 'SameRoot', 'ShareTooNew', 'ShareDamaged');
        // The last try may be too short to learn anything: then what an earlier one has found is the answer.
        if (isFailure(error) && !isFailure(error, 'TimedOut')) reason = error;
        if (hopeless || milliseconds <= pause || budgetLeft(budget) <= pause) throw reason ?? error;
        await sleep(pause);
      }
    }
  }

  async space(milliseconds: number): Promise<Space> {
    if (this.#space !== undefined && performance.now() - this.#space.at < RECOGNISED_FOR) return this.#space.value;
    const value = await this.use('ask for the free space', milliseconds, files => files.space());
    this.#space = { at: performance.now(), value };
    return value;
  }

  /** Opens the share without anybody waiting for it. */
  openInBackground(): void {
    this.#open().catch(() => {});
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#worker?.stop();
  }

  #open(): Promise<FileWork> {
    if (this.#state === 'ok' && this.#files !== undefined) return Promise.resolve(this.#files);
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(): Promise<FileWork> {
    const { driver, probe, controlMounts } = this.#parts;
    const budget = new Budget(`opening the share of "${this.dir.label}"`, OPEN_WITHIN);
    const answer = await probe(driver.probe(this.dir), {});
    if (!answer.ok) throw this.#lost(this.#unreachable(answer.problem));
    try {
      const plan = driver.controlPlan(this.dir);
      const base =
        plan === undefined
          ? await this.#bulkhead.run('find the folder', budget.left(), () => realpath(this.dir.path))
          : await controlMounts.ensure(this.dir.label, plan, budget.left());
      if (plan === undefined) this.#realPath = base;
      const files = await this.#bulkhead.run('open the share', budget.left(), () => this.#enter(base));
      this.#become('ok', undefined);
      this.#files = files;
      return files;
    } catch (error) {
      throw this.#settle(error, 'open it');
    }
  }

  /** Finds out who we are there: our root, or, where that is squashed, the owner the remote dir names. */
  async #enter(base: string): Promise<FileWork> {
    const { label, volPath } = this.dir;
    this.#worker?.stop();
    this.#worker = undefined;
    const { fileWork: workAt = fileWork } = this.#parts;
    const files = workAt(join(base, volPath));
    try {
      return await this.#enterAs(workAt(base), files, base);
    } catch (error) {
      const owner = this.#owner();
      if (!isDenied(error)) throw error;
      if (owner === undefined || owner.uid === 0) throw await this.#notWritable(files, error);
      this.#parts.log.info(
        { label, ...owner },
        'the server does not let root work there: going on as the owner of the remote dir',
      );
    }
    const owner = this.#owner() as Identity;
    const worker = (folder: string) => startFileWorker(this.#parts.workerCommand, folder, owner);
    const above = worker(base);
    this.#worker = worker(join(base, volPath));
    try {
      return await this.#enterAs(above.files, this.#worker.files, base);
    } catch (error) {
      throw isDenied(error) ? await this.#notWritable(files, error) : error;
    } finally {
      above.stop();
    }
  }

  async #enterAs(above: FileWork, files: FileWork, base: string): Promise<FileWork> {
    const { ids } = this.#parts;
    const known = ids.known(this.dir.label);
    // Looked for before anything is made: behind a link, our folders would be made outside the share.
    const link = (await linkOnTheWay(above, this.dir.volPath)) ?? (await linkOnTheWay(files, OURS));
    if (link !== undefined)
      this.#accept({ what: 'damaged', file: link, problem: 'is no folder, and nothing else is followed there' });
    let found = await recognise(files);
    if (found.what === 'no-root' && known === undefined) {
      await makeVolPath(above, this.dir.volPath);
      found = await recognise(files);
    }
    if (found.what === 'nothing' && known === undefined) {
      try {
        found = await establish(files);
      } catch (error) {
        throw isDenied(error) ? await this.#notWritable(files, error) : error;
      }
    }
    this.#accept(found);
    this.#folder = join(base, this.dir.volPath);
    this.#unwritable = undefined;
    try {
      const broken = await checkFolders(files);
      if (broken !== undefined) this.#accept(broken);
      await proveWritable(files, this.#owner());
    } catch (error) {
      // A full share proves nothing about our rights, and its volumes are used, and removed, all the same.
      if (['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')) return files;
      if (!isDenied(error)) throw error;
      const failure = await this.#notWritable(files, error);
      const readOnly = errnoOf(error) === 'EROFS';
      if (!readOnly && this.#worker === undefined && (this.#owner()?.uid ?? 0) !== 0) throw failure;
      // What is there can still be listed, looked at and mounted.
      this.#unwritable = failure;
    }
    return files;
  }

  async #recognise(files: FileWork): Promise<void> {
    this.#accept(await recognise(files));
  }

  /** Throws unless what was found is the share this label stands for. */
  #accept(found: Found): void {
    const { label } = this.dir;
    const { ids, isConfigured } = this.#parts;
    const known = ids.known(label);
    switch (found.what) {
      case 'share': {
        if (known !== undefined && known !== found.id)
          throw new Failure('WrongShare', { label, known, found: found.id });
        // Of two labels the one that came first keeps the root.
        const first = ids.labelsOf(found.id).find(candidate => candidate === label || isConfigured(candidate));
        if (first !== undefined && first !== label) throw new Failure('SameRoot', { label, other: first });
        ids.remember(label, found.id);
        this.#recognisedAt = performance.now();
        return;
      }
      case 'nothing':
      case 'no-root':
        if (known === undefined || (found.what === 'no-root' && this.dir.addr === undefined)) {
          throw this.#unreachable(`the folder ${join(this.dir.path, this.dir.volPath)} is not there`);
        }
        throw new Failure('WrongShare', { label, known, found: undefined });
      case 'newer':
        throw new Failure('ShareTooNew', { label, version: found.version });
      case 'damaged':
        throw new Failure('ShareDamaged', { label, file: found.file, problem: found.problem });
    }
  }

  #call<T>(what: string, budget: Budget, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#bulkhead
        .run(what, budget.left(), work)
        .then(resolve, (error: unknown) => reject(this.#settle(error, what)))
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** Draws the consequence of a failed call for the share's state, and returns what its caller is told. */
  #settle(error: unknown, tried: string): Failure {
    if (isFailure(error, 'TimedOut')) {
      // Late for this caller, and perhaps only slow: a folder of a hundred thousand volumes takes its time. The share is
      // lost when the call goes on to hang.
      if (!(error.cause instanceof Stuck)) return error;
      return this.#unreachable(`it took longer than ${error.fields.seconds} s to ${tried}`, error);
    }
    if (isFailure(error, 'WrongShare')) return this.#become('wrong-share', error);
    if (isFailure(error, 'ShareTooNew', 'ShareDamaged', 'SameRoot', 'ShareNotWritable'))
      return this.#become('refused', error);
    if (isFailure(error, 'ShareUnreachable', 'MountFailed')) return this.#lost(error);
    if (isFailure(error)) return error;
    const errno = errnoOf(error) ?? '';
    if (LOST.includes(errno) || (errno === 'EIO' && (this.dir.addr !== undefined || this.#worker !== undefined))) {
      return this.#lost(this.#unreachable(`${reasonOf(error)} while trying to ${tried}`, error));
    }
    if (errno === '') return new Failure('Unexpected', { problem: reasonOf(error) }, { cause: error });
    return new Failure('StorageFailed', { label: this.dir.label, tried, problem: reasonOf(error) }, { cause: error });
  }

  #lost(failure: Failure): Failure {
    this.#become('unreachable', failure);
    for (const tell of this.#waiting) tell(failure);
    this.#waiting.clear();
    this.#files = undefined;
    this.#folder = undefined;
    this.#worker?.stop();
    this.#worker = undefined;
    if (this.#parts.driver.controlPlan(this.dir) !== undefined) {
      this.#parts.controlMounts.drop(this.dir.label).catch((error: unknown) => {
        this.#parts.log.warn({ label: this.dir.label, err: error }, 'the control mount could not be dropped');
      });
    }
    void this.#probeUntilBack();
    return failure;
  }

  async #probeUntilBack(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    for (let tries = 0; this.#state === 'unreachable' && !this.#closed; tries += 1) {
      await sleep(PROBE_PAUSES[Math.min(tries, PROBE_PAUSES.length - 1)], undefined, { ref: false });
      if (!this.#closed) await this.#open().catch(() => {});
    }
    this.#probing = false;
  }

  #become(state: ShareState, failure: Failure | undefined): Failure {
    if (this.#state !== state) {
      const fields = { label: this.dir.label, from: this.#state, to: state };
      if (failure === undefined) this.#parts.log.info(fields, 'share state');
      else this.#parts.log.warn({ ...fields, problem: failure.message }, 'share state');
      this.#since = new Date();
    }
    this.#state = state;
    this.#failure = failure;
    if (state !== 'ok') this.#recognisedAt = Number.NEGATIVE_INFINITY;
    return failure ?? this.#unreachable('unknown');
  }

  #stayOpen(): void {
    if (this.#parts.driver.controlPlan(this.dir) === undefined) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#state !== 'ok') return;
      this.#files = undefined;
      this.#parts.controlMounts.release(this.dir.label).catch(() => {});
    }, IDLE_AFTER).unref();
  }

  #unreachable(problem: string, cause?: unknown): Failure {
    return new Failure('ShareUnreachable', { label: this.dir.label, server: sourceOf(this.dir), problem }, { cause });
  }

  #owner(): Identity | undefined {
    const { uid, gid } = this.dir;
    return uid === undefined && gid === undefined ? undefined : { uid: uid ?? 0, gid: gid ?? 0 };
  }

  async #notWritable(files: FileWork, cause: unknown): Promise<Failure> {
    if (isFailure(cause, 'ShareNotWritable')) return cause;
    // No owner and no mode would help there.
    if (errnoOf(cause) === 'EROFS') {
      const tried = 'let this host change anything';
      return new Failure('StorageFailed', { label: this.dir.label, tried, problem: reasonOf(cause) }, { cause });
    }
    const look = (path: string) => files.inspect(path).catch(() => undefined);
    const there = (await look(OURS)) ?? (await look(''));
    const who = this.#worker === undefined ? 'uid 0 of this host' : `uid ${this.dir.uid ?? 0}`;
    return new Failure(
      'ShareNotWritable',
      {
        folder: join(this.dir.path, this.dir.volPath),
        who,
        tried: `make and change files (${reasonOf(cause)})`,
        owner: there?.uid,
        group: there?.gid,
        mode: there?.mode.toString(8).padStart(4, '0'),
      },
      { cause },
    );
  }
}

/** The last folders of the way to the volumes are made when the share is used for the first time. */
async function makeVolPath(above: FileWork, volPath: string): Promise<void> {
  const parts = volPath.split('/');
  for (let count = 1; count <= parts.length; count += 1) await above.makeFolder(parts.slice(0, count).join('/'), 0o755);
}

async function linkOnTheWay(above: FileWork, volPath: string): Promise<string | undefined> {
  const parts = volPath === '' ? [] : volPath.split('/');
  for (let count = 1; count <= parts.length; count += 1) {
    const path = parts.slice(0, count).join('/');
    const found = await above.inspect(path);
    if (found !== undefined && found.kind !== 'folder') return path;
  }
  return undefined;
}

function isDenied(error: unknown): boolean {
  return isFailure(error, 'ShareNotWritable') || ['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '');
}

function budgetLeft(budget: Budget): number {
  try {
    return budget.left();
  } catch {
    return 0;
  }
}
