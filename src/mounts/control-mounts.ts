// Our own view of a share: a second mount, private to this process, that gives errors where the containers' mount waits.
// Whatever we do on a share is done here, so a dead server costs us a call and never a container.

import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedQueue } from '../system/keyed-queue.ts';
import type { MountPlan } from './mount-plan.ts';
import type { Mounter } from './mounter.ts';

export class ControlMounts {
  readonly #folder: string;
  readonly #mounter: Mounter;
  readonly #queue = new KeyedQueue();

  /** `folder` is private: nothing mounted below it is seen outside this process's namespace. */
  constructor(folder: string, mounter: Mounter) {
    this.#folder = folder;
    this.#mounter = mounter;
  }

  /** Where the share is to be found for our own work. Without a plan the source itself serves. */
  ensure(label: string, plan: MountPlan, milliseconds: number): Promise<string> {
    const target = join(this.#folder, label);
    return this.#queue.run(label, async () => {
      if (this.#mounter.isMounted(target)) return target;
      mkdirSync(target, { recursive: true, mode: 0o711 });
      await this.#mounter.mount(plan, target, milliseconds);
      return target;
    });
  }

  /** Frees every call of ours that is stuck there: first they are failed, then the mount is detached. */
  drop(label: string): Promise<void> {
    return this.#queue.run(label, () => this.#mounter.unmount(join(this.#folder, label), 6000, 'by force'));
  }

  /** Lets an idle mount go; one that is still at work stays. */
  release(label: string): Promise<void> {
    return this.#queue.run(label, () => this.#mounter.unmount(join(this.#folder, label), 6000, 'plainly'));
  }

  /** For one that has served a single piece of work: it goes, and its place with it. */
  forget(label: string, how: 'plainly' | 'by force'): Promise<void> {
    const target = join(this.#folder, label);
    return this.#queue.run(label, async () => {
      await this.#mounter.unmount(target, 6000, how).catch(() => this.#mounter.unmount(target, 6000, 'by force'));
      rmdirSync(target);
    });
  }
}
