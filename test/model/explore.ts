// Goes through every order in which the file operations of several hosts can happen, with a bounded number of faults put at
// every place: an answer that is lost, an operation that its caller gave up and the server carries out later, a process that
// dies. The hosts run the product's own functions. A schedule is a list of choices, run from the beginning each time; a
// state that was reached before by another order is not gone on from again.

import { createHash } from 'node:crypto';
import type { FileWork } from '../../src/system/file-work.ts';
import type { ShareModel } from './share-model.ts';

export interface Scene {
  readonly share: ShareModel;
  /** Each runs on one host; `files` is the share as that host sees it. The ones of a later stage begin when the earlier ended. */
  readonly processes: readonly Process[];
  /** Everything beside the share that the future depends on, as text. */
  readonly key: () => string;
  /** Throws when something is wrong in this state. */
  readonly check: () => void;
  /** Throws when something is wrong when everything has ended. */
  readonly checkEnd: () => void;
}

export interface Process {
  readonly name: string;
  readonly stage: number;
  readonly run: (files: FileWork) => Promise<void>;
  /** May be hit by faults. */
  readonly isFaulty: boolean;
  /** Begins when nothing late can come any more. */
  readonly isLast?: true;
}

export interface Exploration {
  readonly states: number;
  readonly schedules: number;
  /** What was wrong first, and the way there */
  readonly found?: { readonly problem: string; readonly way: readonly string[] };
}

const outcomes = ['ok', 'lost', 'late', 'dies'] as const;
type Outcome = (typeof outcomes)[number];
/** One step: a process goes on with its operation, or an operation that was given up happens after all. */
type Choice =
  | { readonly process: number; readonly outcome: Outcome }
  | { readonly late: number }
  /** What is still late never happens. */
  | { readonly end: true };

export async function explore(make: () => Scene, faults: number, mostStates = 2_000_000): Promise<Exploration> {
  const seen = new Set<string>();
  const open: Choice[][] = [[]];
  let schedules = 0;
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    schedules += 1;
    const run = new Run(make());
    try {
      await run.start();
      for (const choice of way) await run.take(choice);
      for (let here = way; ; ) {
        const key = run.key(faults);
        if (seen.has(key)) break;
        seen.add(key);
        if (seen.size > mostStates) throw new Error(`more than ${mostStates} states`);
        const choices = run.choices(faults);
        if (run.hasEnded) run.checkEnd();
        const [only] = choices;
        if (only === undefined) break;
        if (choices.length > 1) {
          for (const choice of choices) open.push([...here, choice]);
          break;
        }
        // Without a choice there is no need to begin again.
        here = [...here, only];
        await run.take(only);
      }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { states: seen.size, schedules, found: { problem, way: run.log } };
    }
  }
  return { states: seen.size, schedules };
}

interface Pending {
  readonly label: string;
  readonly act: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  pending: Pending | undefined;
  state: 'waiting' | 'running' | 'ended' | 'dead';
  history: string;
}

class Run {
  readonly log: string[] = [];
  readonly #scene: Scene;
  readonly #running: Running[];
  readonly #late: Pending[] = [];
  #faults = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#running = scene.processes.map(() => ({ pending: undefined, state: 'waiting', history: '' }));
  }

  get hasEnded(): boolean {
    return this.#running.every(({ state }) => state === 'ended' || state === 'dead');
  }

  async start(): Promise<void> {
    await this.#startStage();
  }

  key(faults: number): string {
    const processes = this.#running.map(({ state, history }) => `${state} ${history}`);
    const late = this.#late.map(({ label }) => label).sort();
    const all = JSON.stringify([this.#scene.share.key(), this.#scene.key(), processes, late, faults - this.#faults]);
    // Millions of them have to fit into memory.
    return createHash('sha256').update(all).digest('base64');
  }

  choices(faults: number): Choice[] {
    const choices: Choice[] = this.#late.map((_, late) => ({ late }));
    if (this.#late.length > 0 && this.#isTimeForLast()) choices.push({ end: true });
    this.#running.forEach(({ pending }, process) => {
      if (pending === undefined) return;
      const may = this.#scene.processes[process]?.isFaulty === true && this.#faults < faults;
      for (const outcome of may ? outcomes : (['ok'] as const)) choices.push({ process, outcome });
    });
    return choices;
  }

  async take(choice: Choice): Promise<void> {
    if ('end' in choice) {
      this.#late.length = 0;
    } else if ('late' in choice) {
      const [pending] = this.#late.splice(choice.late, 1);
      this.log.push(`late: ${pending?.label}`);
      await pending?.act().catch(() => {});
    } else await this.#step(choice.process, choice.outcome);
    this.#scene.check();
    await this.#startStage();
  }

  checkEnd(): void {
    this.#scene.checkEnd();
  }

  async #step(index: number, outcome: Outcome): Promise<void> {
    const running = this.#running[index] as Running;
    const pending = running.pending as Pending;
    running.pending = undefined;
    this.log.push(`${outcome}: ${pending.label}`);
    if (outcome !== 'ok') this.#faults += 1;
    if (outcome === 'dies') {
      running.state = 'dead';
      running.history = '';
      return;
    }
    let answer: unknown;
    let failure: Error | undefined;
    if (outcome === 'late') this.#late.push(pending);
    else {
      try {
        answer = await pending.act();
      } catch (error) {
        failure = error as Error;
      }
    }
    if (outcome !== 'ok') failure = Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' });
    running.history += `|${pending.label}=${failure?.message ?? JSON.stringify(answer)}`;
    if (failure === undefined) pending.resolve(answer);
    else pending.reject(failure);
    await this.#untilStill(running);
  }

  async #startStage(): Promise<void> {
    const stages = this.#scene.processes.filter((_, at) => !this.#isOver(at)).map(({ stage }) => stage);
    const stage = Math.min(...stages);
    for (const [at, process] of this.#scene.processes.entries()) {
      const running = this.#running[at] as Running;
      if (process.stage !== stage || running.state !== 'waiting') continue;
      if (process.isLast && this.#late.length > 0) continue;
      running.state = 'running';
      void process.run(this.#filesFor(process.name, running)).then(
        () => {
          running.state = 'ended';
          running.history = '';
        },
        (error: unknown) => {
          running.state = 'ended';
          this.log.push(`${process.name} FAILED: ${String(error)}`);
        },
      );
      await this.#untilStill(running);
    }
  }

  #isTimeForLast(): boolean {
    return this.#scene.processes.every(({ isLast }, at) =>
      isLast ? this.#running[at]?.state === 'waiting' : this.#isOver(at),
    );
  }

  #isOver(at: number): boolean {
    const state = this.#running[at]?.state;
    return state === 'ended' || state === 'dead';
  }

  #filesFor(name: string, running: Running): FileWork {
    const files = this.#scene.share.files;
    return new Proxy(files, {
      get:
        (target, operation: keyof FileWork) =>
        (...args: readonly unknown[]) =>
          new Promise((resolve, reject) => {
            const paths = args.filter(arg => typeof arg === 'string').slice(0, operation === 'rename' ? 2 : 1);
            const act = target[operation] as (...args: readonly unknown[]) => Promise<unknown>;
            running.pending = {
              label: `${name} ${operation} ${paths.join(' ')}`,
              act: () => act(...args),
              resolve,
              reject,
            };
          }),
    });
  }

  /** The hosts wait for nothing but their file operations: a few turns of the queue of promises, and they stand still. */
  async #untilStill(running: Running): Promise<void> {
    for (let turns = 0; turns < 200; turns += 1) {
      if (running.pending !== undefined || running.state !== 'running') return;
      await Promise.resolve();
    }
    throw new Error('a process waits for something else than a file operation');
  }
}
