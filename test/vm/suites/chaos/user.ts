// Somebody at one of the hosts, who does one thing after the other as the numbers say, whatever fails meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerHost } from '../../guest/docker-host.ts';
import type { Engine } from '../../guest/engine.ts';
import { fromTrash, trashOf } from '../operator.ts';
import type { Random } from './random.ts';
import type { Kept, World } from './world.ts';

const LINES = 400;
/** Of one user at a time. */
const MOST_KEPT = 2;

export class User {
  readonly #world: World;
  readonly #host: DockerHost;
  readonly #random: Random;
  /** Containers that could not be removed when it was their time. */
  readonly #leftovers: string[] = [];
  readonly #acts: readonly (() => Promise<boolean>)[];
  #kept: Kept[] = [];

  constructor(world: World, host: DockerHost, random: Random) {
    this.#world = world;
    this.#host = host;
    this.#random = random;
    const often = (times: number, act: () => Promise<boolean>) => Array.from({ length: times }, () => act);
    this.#acts = [
      ...often(5, () => this.#run()),
      ...often(4, () => this.#keepOrEnd()),
      ...often(2, () => this.#writeMore()),
      ...often(2, () => this.#create()),
      ...often(5, () => this.#remove()),
      ...often(3, () => this.#restore()),
    ];
  }

  async work(): Promise<void> {
    while (!this.#world.isOver) {
      if (this.#world.isDown(this.#host)) {
        await sleep(500);
        continue;
      }
      await this.#discard();
      const isDone = await this.#random.pick(this.#acts)();
      // Who is refused does not ask again at once, and leaves the processors to the others.
      await sleep(isDone ? 50 : this.#random.between(300, 1000));
    }
  }

  get #engine(): Engine {
    return this.#host.engine;
  }

  #anyVolume(): string {
    return this.#random.pick(this.#world.volumesOn(this.#random.pick(this.#world.labels)));
  }

  async #create(): Promise<boolean> {
    const volume = this.#anyVolume();
    return this.#was(
      await this.#world.call('create', this.#host, volume, () => this.#engine.create(volume).then(done)),
    );
  }

  async #remove(): Promise<boolean> {
    const volume = this.#anyVolume();
    return this.#was(
      await this.#world.call('remove', this.#host, volume, () => this.#engine.remove(volume).then(done)),
    );
  }

  /** A container that writes a file, syncs it, says so and ends. */
  async #run(): Promise<boolean> {
    const volume = this.#anyVolume();
    const { file, content, shell } = this.#something();
    const name = `${this.#world.key}-${file}`;
    const isStarted = await this.#start(name, volume, ['sh', '-c', shell]);
    if (isStarted)
      await this.#try(`run on ${volume}`, async () => {
        const { StatusCode } = (await this.#engine.post(`/containers/${name}/wait`)) as { StatusCode: number };
        const output = String(await this.#engine.get(`/containers/${name}/logs?stdout=1&stderr=1`));
        this.#said(volume, file, content, StatusCode, output);
      });
    this.#leftovers.push(name);
    return isStarted;
  }

  async #keepOrEnd(): Promise<boolean> {
    this.#kept = this.#kept.filter(each => {
      if (each.until === Number.POSITIVE_INFINITY) return true;
      this.#leftovers.push(each.container);
      return false;
    });
    return this.#kept.length >= MOST_KEPT || this.#random.next() < this.#kept.length / 4
      ? await this.#end(this.#random.pick(this.#kept))
      : await this.#keep();
  }

  /** A container that does nothing until it is stopped, but for what is written through it. */
  async #keep(): Promise<boolean> {
    const volume = this.#anyVolume();
    const container = `${this.#world.key}-k${this.#world.nextNumber()}`;
    if (!(await this.#start(container, volume, ['sleep', '3600']))) {
      this.#leftovers.push(container);
      return false;
    }
    const kept = {
      container,
      host: this.#host.name,
      volume,
      since: performance.now(),
      until: Number.POSITIVE_INFINITY,
    };
    this.#kept.push(kept);
    this.#world.kept.push(kept);
    return await this.#writeIn(kept);
  }

  async #end(kept: Kept): Promise<boolean> {
    kept.until = Math.min(kept.until, performance.now());
    const isStopped = await this.#try(`stop on ${kept.volume}`, () => this.#engine.stop(kept.container));
    return isStopped;
  }

  async #writeMore(): Promise<boolean> {
    const running = this.#kept.filter(({ until }) => until === Number.POSITIVE_INFINITY);
    return running.length === 0 ? await this.#run() : await this.#writeIn(this.#random.pick(running));
  }

  async #writeIn({ container, volume }: Kept): Promise<boolean> {
    const { file, content, shell } = this.#something();
    return await this.#try(`write to ${volume}`, async () => {
      // Its status is asked for by the shell: the engine gives it in a call of its own, which may get lost.
      const output = await this.#engine.exec(container, `(${shell}); echo status $?`);
      this.#said(volume, file, content, Number(/status (\d+)/.exec(output)?.[1]), output);
    });
  }

  async #restore(): Promise<boolean> {
    const label = this.#random.pick(this.#world.labels);
    const [which, isRenamed] = [this.#random.next(), this.#random.next() < 0.3];
    let entries: Awaited<ReturnType<typeof trashOf>> = [];
    if (
      !(await this.#try(`look through the trash of ${label}`, async () => {
        entries = (await trashOf(this.#host, label)).filter(({ state }) => state === 'kept');
      }))
    )
      return false;
    const entry = entries[Math.floor(which * entries.length)];
    if (entry === undefined) return false;
    const name = isRenamed ? `again${this.#world.nextNumber()}` : entry.volume;
    const volume = `${name}@${label}`;
    // Known before it is there: what becomes of it is looked at in any case.
    if (isRenamed) this.#world.addVolume(volume);
    return this.#was(
      await this.#world.call('restore', this.#host, volume, () => fromTrash(this.#host, label, entry.entry, name)),
    );
  }

  async #start(name: string, volume: string, argv: readonly string[]): Promise<boolean> {
    const id = await this.#world.call('start', this.#host, volume, () =>
      this.#engine.keep({ volumes: [`${volume}:/x`], name }, ...argv),
    );
    if (id !== undefined) this.#world.starts += 1;
    return id !== undefined;
  }

  #something(): { file: string; content: string; shell: string } {
    const number = this.#world.nextNumber();
    const file = `f${number}-${this.#host.name}`;
    const line = `${this.#world.key} ${file} ${Math.floor(this.#random.next() * 2 ** 32)}`;
    const write = `yes ${line} | head -n ${LINES} | dd conv=fsync of=/x/${file} 2>/tmp/${file}`;
    return {
      file,
      content: `${line}\n`.repeat(LINES),
      shell: `${write} && echo synced ${file} || { cat /tmp/${file}; false; }`,
    };
  }

  #said(volume: string, file: string, content: string, status: number, output: string): void {
    if (output.includes(`synced ${file}`)) this.#world.wrote(volume, file, content);
    // Killed from outside, with its engine, or cut off in the middle of what it said.
    else if (!((status === 137 || Number.isNaN(status)) && this.#world.felt('engine', this.#host, performance.now())))
      this.#world.failed.push(`host ${this.#host.name}, a container on ${volume}: status ${status}, ${output.trim()}`);
  }

  async #discard(): Promise<void> {
    const name = this.#leftovers.shift();
    if (name === undefined) return;
    const isGone = await this.#try(`remove container ${name}`, () => removeIfThere(this.#engine, name));
    if (!isGone) this.#leftovers.push(name);
  }

  /** What changes nothing that others could see. */
  async #try(what: string, act: () => Promise<unknown>): Promise<boolean> {
    const began = performance.now();
    try {
      await act();
      return true;
    } catch (error) {
      this.#world.refused(what, this.#host, began, error);
      return false;
    }
  }

  #was(result: unknown): boolean {
    return result !== undefined;
  }
}

const done = () => true;

export async function removeIfThere(engine: Engine, container: string): Promise<void> {
  await engine.removeContainer(container).catch((error: unknown) => {
    if (!(error instanceof Error && /^404: /.test(error.message))) throw error;
  });
}
