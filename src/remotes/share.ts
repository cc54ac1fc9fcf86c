// One share as this host sees it now: reachable or not, the right one or not, and the only way to its files.
//
// Every call has a deadline. A call that hangs makes the share `unreachable` at once for everybody, its control mount is
// dropped (which frees the stuck calls), and from then on a background probe, not a user, waits for the server.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from '../drivers/driver.ts';
import { errnoOf, Failure, isFailure, reasonOf } from '../errors.ts';
import type { ControlMounts } from '../mounts/control-mounts.ts';
import { Budget } from '../system/budget.ts';
import { type FileWork, type Space, untilLate } from '../system/file-work.ts';
import type { FileWorker, Identity } from '../system/file-worker.ts';
import { Bulkhead, Stuck } from './bulkhead.ts';
import { firstThatAnswers } from './first-address.ts';
import type { probe as askServer } from './probe.ts';
import { byEachAddress, type RemoteDir } from './remote-dir.ts';
import {
  type CallWork,
  type EntryParts,
  enterShare,
  ownerOf,
  proveChangeable,
  readOnlyBySetting,
} from './share-entry.ts';
import { recognise, recogniseNameless } from './share-format.ts';
import { acceptFound, unreachable } from './share-verdict.ts';

export type ShareState = 'opening' | 'ok' | 'unreachable' | 'wrong-share' | 'refused';

export interface ShareParts extends EntryParts {
  readonly driver: Driver;
  readonly controlMounts: ControlMounts;
  readonly probe: typeof askServer;
  /** Milliseconds after which a call counts as hanging. */
  readonly hangsAfter?: number;
}

export interface UseOptions {
  /** Ask the server again although it is known to be unreachable: for calls whose caller rather waits than fails. */
  readonly insist?: boolean;
  /** Wait with the others although an earlier call has not come back yet. */
  readonly join?: boolean;
  /** Make sure right now that this is still the share we know: before anything is changed, or said to be gone. */
  readonly recognise?: boolean;
  /** With `recognise`: done after this moment of performance.now() is right now, too. */
  readonly since?: number;
  readonly write?: boolean;
}

/** How long a recognition is good for calls that change nothing. */
const RECOGNISED_FOR = 5000;
const OPEN_WITHIN = 20_000;
const IDLE_AFTER = 10 * 60_000;
/** Servers lock an account after a few wrong passwords, and a list of volumes is asked for every few seconds by somebody. */
const LOGIN_AGAIN_AFTER = 60_000;
const PROBE_PAUSES = [1000, 2000, 4000, 8000, 15_000];
/** What a soft mount answers for a server that does not. */
const LOST = ['ETIMEDOUT', 'ESTALE', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOTCONN', 'ECONNREFUSED', 'ECONNRESET'];
/** A disk of this host says these for itself alone. An SMB server that has lost a version it spoke says the second. */
const LOST_BY_A_SERVER = ['EIO', 'ENOTSUP', 'EOPNOTSUPP'];

export class Share {
  readonly dir: RemoteDir;
  readonly #parts: ShareParts;
  readonly #bulkhead: Bulkhead;
  /** Calls at work: told at once when the share is lost, whatever time they were given. */
  readonly #waiting = new Set<(failure: Failure) => void>();
  /** By the address that has answered last */
  #reached: RemoteDir;
  #state: ShareState = 'opening';
  #failure: Failure | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #since = new Date();
  #forOneCall: (() => CallWork) | undefined;
  #worker: FileWorker | undefined;
  #folder: string | undefined;
  #realPath: string | undefined;
  #unwritable: Failure | undefined;
  /** When that was tried last */
  #provenAt = Number.NEGATIVE_INFINITY;
  #opening: Promise<() => CallWork> | undefined;
  #entry = new AbortController();
  #recognisedAt = Number.NEGATIVE_INFINITY;
  #space: { readonly at: number; readonly value: Space } | undefined;
  #probing = false;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(dir: RemoteDir, parts: ShareParts) {
    this.dir = dir;
    this.#reached = dir;
    this.#parts = parts;
    this.#bulkhead = new Bulkhead((what, seconds) => {
      if (this.#state !== 'unreachable')
        this.#lost(unreachable(this.dir, `it took longer than ${seconds} s to ${what}`));
    }, parts.hangsAfter);
  }

  /**
   * The remote dir as it is found here. By the address that is used; with the links on the way to a local folder resolved,
   * which is how the mount table names it; and read-only where the server lets nobody write, so that containers are told that
   * in the kernel's plain words.
   */
  get here(): RemoteDir {
    return {
      ...this.#reached,
      ...(this.#realPath === undefined ? {} : { path: this.#realPath }),
      ...(isFailure(this.unwritable, 'ShareReadOnly') ? { readOnly: true } : {}),
    };
  }

  get state(): ShareState {
    return this.#state;
  }

  get since(): Date {
    return this.#since;
  }

  /** Whether something may be changed there, as far as is known. */
  get writable(): boolean {
    return this.unwritable === undefined;
  }

  /** Why nothing can be changed there, though it may be read. */
  get unwritable(): Failure | undefined {
    return this.#unwritable ?? (this.dir.readOnly === true ? readOnlyBySetting(this.dir) : undefined);
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
    return { folder: this.#folder, identity: this.#worker === undefined ? undefined : ownerOf(this.dir) };
  }

  /** Does file work below the root. Whatever fails, fails as a Failure, within the given time. */
  async use<T>(
    what: string,
    milliseconds: number,
    work: (files: FileWork) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    if (this.#state === 'unreachable' && options.insist !== true)
      throw this.#failure ?? unreachable(this.dir, 'no answer yet');
    if (isFailure(this.#failure, 'LoginRefused') && options.insist !== true && !this.#mayLogInAgain)
      throw this.#failure;
    // Somebody else's call is not back yet: whoever can be answered from memory does not join the wait.
    if (this.#bulkhead.overdue > 0 && options.insist !== true && options.join !== true)
      throw unreachable(this.dir, 'an earlier call has not come back yet');
    const budget = new Budget(what, milliseconds);
    if (options.insist === true && this.#state === 'ok') await budget.run(this.#checkServer()).catch(this.#ifNoOther);
    const forOneCall = await budget.run(this.#open());
    this.#stayOpen();
    const call = forOneCall();
    try {
      return await this.#useOpen(what, budget, work, call.files, options);
    } finally {
      call.end();
    }
  }

  async #useOpen<T>(
    what: string,
    budget: Budget,
    work: (files: FileWork) => Promise<T>,
    files: FileWork,
    options: UseOptions,
  ): Promise<T> {
    const { recognise: mustBeSure = false, since = Number.POSITIVE_INFINITY } = options;
    const goodFrom = mustBeSure ? since : performance.now() - RECOGNISED_FOR;
    if (this.#recognisedAt < goodFrom) {
      await this.#call('recognise the share', budget, () => this.#recognise(files));
    }
    if (options.write === true) await this.#refuseUnwritable(files, budget, options.insist === true);
    let late = false;
    try {
      return await this.#call(what, budget, () => work(untilLate(files, () => late)));
    } finally {
      late = true;
    }
  }

  /** The same, waiting for a share that does not answer yet: hosts boot before their file server does. */
  async useWhenThere<T>(
    what: string,
    milliseconds: number,
    work: (files: FileWork) => Promise<T>,
    options: UseOptions = {},
  ): Promise<T> {
    const budget = new Budget(what, milliseconds);
    let reason: Failure | undefined;
    for (;;) {
      try {
        return await this.use(what, budget.left(), work, { ...options, insist: true });
      } catch (error) {
        const pause = 1000;
        // The last try may be too short to learn anything: then what an earlier one has found is the answer.
        if (isFailure(error) && !isFailure(error, 'TimedOut')) reason = error;
        if (!this.#mayCome(error) || budgetLeft(budget) <= pause) throw reason ?? error;
        await sleep(pause);
      }
    }
  }

  get #mayLogInAgain(): boolean {
    return performance.now() - this.#failedAt > LOGIN_AGAIN_AFTER;
  }

  /** Whether waiting can help: not where the share was there and has said no, or is another one. */
  #mayCome(error: unknown): boolean {
    if (isFailure(error, 'ShareUnreachable', 'MountFailed', 'ShareMissing', 'TimedOut')) return true;
    return this.#state === 'opening' || this.#state === 'unreachable';
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

  #open(): Promise<() => CallWork> {
    if (this.#state === 'ok' && this.#forOneCall !== undefined) return Promise.resolve(this.#forOneCall);
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(): Promise<() => CallWork> {
    const { driver, probe, controlMounts } = this.#parts;
    const budget = new Budget(`opening the share of "${this.dir.label}"`, OPEN_WITHIN);
    const answer = await firstThatAnswers(byEachAddress(this.#reached), dir => probe(driver.probe(dir), {}));
    if (!answer.ok) throw this.#lost(unreachable(this.dir, answer.problem));
    try {
      await this.#goTo(answer.dir);
      const plan = driver.controlPlan(this.#reached);
      const base =
        plan === undefined
          ? await this.#bulkhead.run('find the folder', budget.left(), () => realpath(this.dir.path))
          : await controlMounts.ensure(this.dir.label, plan, budget.left());
      if (plan === undefined) this.#realPath = base;
      const forOneCall = await this.#bulkhead.run('open the share', budget.left(), () => this.#enter(base));
      this.#become('ok', undefined);
      this.#forOneCall = forOneCall;
      return forOneCall;
    } catch (error) {
      this.#entry.abort(error);
      throw this.#settle(error, 'open it');
    }
  }

  /** Our own mount is dropped whenever its server is lost, and made anew: it goes where an answer comes from. */
  async #goTo(dir: RemoteDir): Promise<void> {
    if (dir.addr === this.#reached.addr) return;
    this.#parts.log.warn(
      { label: dir.label, from: this.#reached.addr, to: dir.addr },
      'the share is used by another of its addresses from now on',
    );
    this.#reached = dir;
    await this.#parts.controlMounts.drop(dir.label);
  }

  async #enter(base: string): Promise<() => CallWork> {
    this.#worker?.stop();
    // What is at that path after the mount was dropped is a plain folder of this host.
    this.#entry = new AbortController();
    const { signal } = this.#entry;
    const entered = enterShare(base, this.dir, this.#parts, signal);
    const { forOneCall, worker, unwritable } = await entered.finally(() => signal.throwIfAborted());
    this.#worker = worker;
    this.#unwritable = unwritable;
    this.#provenAt = performance.now();
    this.#folder = join(base, this.dir.volPath);
    this.#recognisedAt = performance.now();
    return forOneCall;
  }

  async #recognise(files: FileWork): Promise<void> {
    const asked = performance.now();
    const nameless = isFailure(this.unwritable, 'ShareReadOnly') && this.#parts.ids.ownId(this.dir.label) === undefined;
    const found = await (nameless ? recogniseNameless(files) : recognise(files));
    acceptFound(found, this.dir, this.#parts, nameless);
    this.#recognisedAt = asked;
  }

  /** A disk that was read-only for a while, or an export, is not so for ever: it is tried again. */
  async #refuseUnwritable(files: FileWork, budget: Budget, insist: boolean): Promise<void> {
    if (this.dir.readOnly === true) throw readOnlyBySetting(this.dir);
    if (this.#unwritable === undefined) return;
    if (insist || performance.now() - this.#provenAt > RECOGNISED_FOR) {
      this.#provenAt = performance.now();
      const prove = () => proveChangeable(files, this.dir, this.#parts);
      await this.#call('try whether it can be written', budget, prove).then(
        () => {
          this.#unwritable = undefined;
        },
        () => {},
      );
    }
    if (this.#unwritable !== undefined) throw this.#unwritable;
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
      this.#checkServer().catch(() => {});
      return unreachable(this.dir, `it took longer than ${error.fields.seconds} s to ${tried}`, error);
    }
    if (isFailure(error, 'WrongShare')) return this.#become('wrong-share', error);
    if (isFailure(error, 'ShareTooNew', 'ShareDamaged', 'SameRoot', 'ShareNotWritable'))
      return this.#become('refused', error);
    // The server was there, and what has to change is on this host.
    if (isFailure(error, 'LoginRefused', 'VersionRefused', 'CryptoMissing', 'NotThroughProxy'))
      return this.#become('refused', error);
    if (isFailure(error, 'ShareUnreachable', 'MountFailed', 'ShareMissing')) return this.#lost(error);
    if (isFailure(error)) return error;
    const errno = errnoOf(error) ?? '';
    const isRemote = this.dir.addr !== undefined || this.#worker !== undefined;
    if (LOST.includes(errno) || (isRemote && LOST_BY_A_SERVER.includes(errno))) {
      return this.#lost(unreachable(this.dir, `${reasonOf(error)} while trying to ${tried}`, error));
    }
    if (errno === '') return new Failure('Unexpected', { problem: reasonOf(error) }, { cause: error });
    return new Failure('StorageFailed', { label: this.dir.label, tried, problem: reasonOf(error) }, { cause: error });
  }

  /** The cheapest question there is, asked of an open share: a server that has gone is found out in two seconds. */
  async #checkServer(): Promise<void> {
    const { driver, probe } = this.#parts;
    if (driver.controlPlan(this.dir) === undefined) return;
    const answer = await probe(driver.probe(this.#reached), {});
    if (answer.ok) return;
    throw this.#state === 'ok'
      ? this.#lost(unreachable(this.dir, answer.problem))
      : unreachable(this.dir, answer.problem);
  }

  /** The address that was used is lost; where there are others, opening the share asks them. */
  readonly #ifNoOther = (error: unknown): void => {
    if (this.dir.addrs === undefined || !isFailure(error, 'ShareUnreachable')) throw error;
  };

  #lost(failure: Failure): Failure {
    this.#become('unreachable', failure);
    this.#entry.abort(failure);
    for (const tell of this.#waiting) tell(failure);
    this.#waiting.clear();
    this.#forOneCall = undefined;
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
    if (failure !== undefined) this.#failedAt = performance.now();
    if (state !== 'ok') this.#recognisedAt = Number.NEGATIVE_INFINITY;
    return failure ?? unreachable(this.dir, 'unknown');
  }

  #stayOpen(): void {
    if (this.#parts.driver.controlPlan(this.dir) === undefined) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#state !== 'ok') return;
      this.#forOneCall = undefined;
      this.#parts.controlMounts.release(this.dir.label).catch(() => {});
    }, IDLE_AFTER).unref();
  }
}

function budgetLeft(budget: Budget): number {
  try {
    return budget.left();
  } catch {
    return 0;
  }
}
