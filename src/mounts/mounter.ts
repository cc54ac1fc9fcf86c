// Carries out a plan: the only place that mounts and unmounts anything.
//
// Helpers are run directly, never through mount(8) or a shell: mount(8) forks the helper, and killing the parent leaves a
// child that completes the mount later. A helper's exit code is not believed either way: the mount table says what is so.

import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Failure, isFailure } from '../errors.ts';
import type { CommandResult, RunCommand } from '../system/run-command.ts';
import { type Credentials, NoLogin } from './credentials.ts';
import { type BindMount, describePlan, type HelperMount, type MountPlan, nameOfSource } from './mount-plan.ts';
import { type MountEntry, mountAt, mountsBelow, type ReadMountTable } from './mount-table.ts';
import { addressOf } from './tls-front.ts';
import type { TlsProxies } from './tls-proxies.ts';

export interface MounterParts {
  readonly run: RunCommand;
  readonly readTable: ReadMountTable;
  /** A private folder of ours, outside the propagated one: binds get their flags there. */
  readonly stage: string;
  /** Settled once that folder is there; mounting waits for it, listening does not. */
  readonly prepared: Promise<void>;
  /** Hands logins to helpers; without it no plan may have one. */
  readonly credentials?: Credentials;
  /** Runs the proxies of plans with TLS; without it no plan may have one. */
  readonly proxies?: Pick<TlsProxies, 'ensure'>;
  readonly explain: Explain;
  readonly helpers?: Partial<Programs>;
}

/** Puts the reason of a failed helper into words: a failure of its own, or what follows "… cannot be mounted: ". */
export type Explain = (plan: HelperMount, result: CommandResult, tryPlan: TryPlan) => Promise<Failure | string>;

/** Mounts where nobody sees it, only to learn what comes of it. */
export type TryPlan = (plan: HelperMount, milliseconds: number) => Promise<CommandResult>;

const UMOUNT = ['-i', '-n', '-c'];
const MOST_LAYERS = 8;

type Programs = Readonly<Record<HelperMount['helper'] | 'mount' | 'umount', string>>;
const programs: Programs = { 'mount.nfs': 'mount.nfs', 'mount.cifs': 'mount.cifs', mount: 'mount', umount: 'umount' };

type HowToUnmount = 'plainly' | 'lazily' | 'by force';

export class Mounter {
  readonly #parts: MounterParts;
  readonly #helpers: Programs;
  #staged = 0;

  constructor(parts: MounterParts) {
    this.#parts = parts;
    this.#helpers = { ...programs, ...parts.helpers };
  }

  /** Afterwards the plan is mounted at `target`, which must be an existing folder, or the reason is thrown and it is not. */
  async mount(plan: MountPlan, target: string, milliseconds: number): Promise<MountEntry> {
    await this.#parts.prepared;
    return plan.kind === 'helper'
      ? await this.#mountByHelper(plan, target, milliseconds)
      : await this.#mountBind(plan, target, milliseconds);
  }

  /** Afterwards nothing is mounted at `target`: mounts may lie on top of each other, and each one has to go. */
  async unmount(target: string, milliseconds: number, how: HowToUnmount = 'lazily'): Promise<void> {
    for (let layer = 0; layer < MOST_LAYERS && this.isMounted(target); layer += 1) {
      await this.#unmountTop(target, milliseconds, how);
    }
    if (this.isMounted(target)) {
      throw new Failure('MountFailed', { source: target, problem: `more than ${MOST_LAYERS} mounts lie on it` });
    }
  }

  isMounted(target: string): boolean {
    return mountAt(this.#parts.readTable(), target) !== undefined;
  }

  /**
   * The ladder: plain, then lazy. `by force` is for a control mount only: -f fails the calls of everybody who uses
   * that superblock, which is what frees our own stuck calls there and what no container must ever be made to suffer.
   */
  async #unmountTop(target: string, milliseconds: number, how: HowToUnmount): Promise<void> {
    const top = mountAt(this.#parts.readTable(), target)?.id;
    const isGone = () => mountAt(this.#parts.readTable(), target)?.id !== top;
    const steps = { plainly: [[]], lazily: [[], ['-l']], 'by force': [['-f'], ['-l']] }[how];
    let last: CommandResult | undefined;
    for (const flags of steps) {
      // -i: no umount.nfs, which may ask the server; -c: no look at the path first, which would hang on a dead one.
      last = await this.#parts.run(this.#helpers.umount, [...UMOUNT, ...flags, target], {
        milliseconds: milliseconds / 2,
      });
      if (isGone()) return;
    }
    throw new Failure('MountFailed', {
      source: target,
      problem: `it does not let itself be unmounted (${oneLine(last)})`,
    });
  }

  async #mountByHelper(plan: HelperMount, target: string, milliseconds: number): Promise<MountEntry> {
    await this.#startProxy(plan, milliseconds / 4);
    const before = mountAt(this.#parts.readTable(), target)?.id;
    const result = await this.#runHelper(plan, target, milliseconds);
    const entry = mountAt(this.#parts.readTable(), target);
    const made = entry !== undefined && entry.id !== before;
    const astray = made ? wayPast(plan, entry) : undefined;
    if (result.ok && made && astray === undefined && plan.fsTypes.includes(entry.type)) return entry;
    // Killed at the deadline, or half done: what may have been made all the same is taken away again.
    if (made) await this.#unmountTop(target, 2000, 'lazily');
    if (result.ok && astray !== undefined)
      throw new Failure('NotThroughProxy', { source: nameOfSource(plan), address: astray });
    const reason = await this.#reason(plan, result);
    if (reason instanceof Failure) throw reason;
    const failed = { source: nameOfSource(plan), problem: reason };
    throw new Failure('MountFailed', failed, { cause: new HelperFailure(result) });
  }

  /** The helper and the kernel would wait long for one that is not there, and say less. */
  async #startProxy(plan: HelperMount, milliseconds: number): Promise<void> {
    if (plan.tls === undefined) return;
    const state = (await this.#parts.proxies?.ensure(plan.tls, milliseconds)) ?? NO_PROXIES;
    if (state.ok) return;
    const problem = `the TLS proxy of this host does not run: ${state.problem}`;
    throw new Failure('MountFailed', { source: nameOfSource(plan), problem });
  }

  async #runHelper(plan: HelperMount, target: string, milliseconds: number): Promise<CommandResult> {
    const run = (...options: readonly string[]) =>
      this.#parts.run(this.#helpers[plan.helper], [plan.source, target, '-o', options.join(',')], { milliseconds });
    const { login, options } = plan;
    if (login === undefined) return await run(...options);
    try {
      if (this.#parts.credentials === undefined) throw new NoLogin('no login can be handed to the mount helper here');
      return await this.#parts.credentials.with(login, file => run(`credentials=${file}`, ...options));
    } catch (error) {
      if (!(error instanceof NoLogin)) throw error;
      throw new Failure('MountFailed', { source: plan.source, problem: error.message });
    }
  }

  /**
   * A bind gets its flags by a remount, and that remount does not reach the copies that propagation has already made: the
   * containers' view would stay without them. So the bind is finished in private, and bound into place complete.
   */
  async #mountBind(plan: BindMount, target: string, milliseconds: number): Promise<MountEntry> {
    const staged = this.#nextStage();
    const run = (args: readonly string[]) =>
      this.#parts.run(this.#helpers.mount, args, { milliseconds: milliseconds / 3 });
    const options = ['bind', ...plan.options].join(',');
    mkdirSync(staged, { recursive: true, mode: 0o700 });
    try {
      const first = await run(['-n', '-o', options, plan.source, staged]);
      if (!first.ok) throw this.#bindFailed(plan, first);
      const before = mountAt(this.#parts.readTable(), target)?.id;
      const second = await run(['-n', '-o', 'bind', staged, target]);
      const entry = mountAt(this.#parts.readTable(), target);
      const made = entry !== undefined && entry.id !== before;
      if (second.ok && made) return entry;
      if (made) await this.#unmountTop(target, 2000, 'lazily');
      throw this.#bindFailed(plan, second);
    } finally {
      await this.#clearStage(staged);
    }
  }

  /** What is left there is private and goes at the next start: no reason to fail a mount that is in place. */
  async #clearStage(staged: string): Promise<void> {
    try {
      await this.unmount(staged, 2000);
      rmdirSync(staged);
    } catch (error) {
      if (!isFailure(error, 'MountFailed') && errnoOf(error) === undefined) throw error;
    }
  }

  #nextStage(): string {
    this.#staged += 1;
    return join(this.#parts.stage, String(this.#staged));
  }

  #bindFailed(plan: BindMount, result: CommandResult): Failure {
    return new Failure('MountFailed', {
      source: describePlan(plan),
      problem: result.timedOut ? 'mount did not end in time' : oneLine(result),
    });
  }

  async #reason(plan: HelperMount, result: CommandResult): Promise<Failure | string> {
    if (result.startError !== undefined) {
      const { helper } = plan;
      return `the mount helper ${helper} cannot be started (${result.startError}); install ${packages[helper]} on this host, or use the managed plugin, which brings it`;
    }
    return await this.#parts.explain(plan, result, (other, milliseconds) => this.#try(other, milliseconds));
  }

  async #try(plan: HelperMount, milliseconds: number): Promise<CommandResult> {
    const staged = this.#nextStage();
    mkdirSync(staged, { recursive: true, mode: 0o700 });
    try {
      return await this.#runHelper(plan, staged, milliseconds);
    } finally {
      await this.#clearStage(staged);
    }
  }
}

/** What the helper itself has said, for those who have to know more than the words made of it. */
export class HelperFailure extends Error {
  /** The server answered that it has no such folder, or none for this host. */
  readonly saysMissing: boolean;

  constructor(result: CommandResult) {
    super(oneLine(result));
    this.saysMissing = /no such file or directory/i.test(result.stderr);
  }
}

/**
 * Where the mount's calls go instead of to its proxy. The kernel asks a server of version 4.1 or newer who it is, and uses a
 * connection that it has to that one already: without TLS, if that was mounted so. The address it shows is the one in use.
 */
function wayPast(plan: HelperMount, entry: MountEntry): string | undefined {
  if (plan.tls === undefined) return undefined;
  const used = entry.superOptions.find(option => option.startsWith('addr='))?.slice('addr='.length);
  return used === addressOf(plan.tls) ? undefined : (used ?? 'an unknown address');
}

const NO_PROXIES = { ok: false, problem: 'none can be started here' } as const;

const packages = { 'mount.nfs': 'nfs-common', 'mount.cifs': 'cifs-utils' } as const;

/** Makes a folder ours alone: mounts below it are seen by nobody else, and go with this process's namespace. */
export async function makePrivateFolder(parts: Pick<MounterParts, 'run' | 'readTable'>, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const run = async (args: readonly string[]) => {
    const result = await parts.run('mount', ['-n', ...args], { milliseconds: 5000 });
    if (!result.ok) throw new Failure('MountFailed', { source: folder, problem: oneLine(result) });
  };
  if (mountAt(parts.readTable(), folder) === undefined)
    await run(['-t', 'tmpfs', '-o', 'mode=0711,size=1m,nosuid,nodev', 'tmpfs', folder]);
  await run(['--make-private', folder]);
}

/** What an earlier life left below a private folder is let go, deepest first. */
export async function clearBelow(parts: Pick<MounterParts, 'run' | 'readTable'>, folder: string): Promise<void> {
  for (const entry of mountsBelow(parts.readTable(), folder).reverse()) {
    await parts.run('umount', [...UMOUNT, '-l', entry.mountPoint], { milliseconds: 5000 });
  }
}

function oneLine(result: CommandResult | undefined): string {
  if (result === undefined) return 'unknown';
  if (result.timedOut) return 'the command did not end in time';
  if (result.startError !== undefined) return `the command cannot be started: ${result.startError}`;
  // mount(8) ends its reason with a line that sends people to dmesg.
  const lines = result.stderr.split('\n').map(line => line.trim());
  const text = lines.findLast(line => line !== '' && !line.startsWith('dmesg(1)')) ?? '';
  return text === '' ? `exit status ${result.exitCode ?? 'unknown'}` : text;
}
