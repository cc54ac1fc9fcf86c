// Every volume there is, of either kind: those on remote dirs, and the folders that are a volume each by themselves.

import { type DirectVolumes, isForDirect } from './direct/direct-volumes.ts';
import type { ShownVolume } from './show-volumes.ts';
import type { Volumes } from './volumes.ts';

/** What Docker can ask of volumes. */
export interface VolumeVerbs {
  create(name: string, options: ReadonlyMap<string, string>): Promise<void>;
  mount(name: string, id: string): Promise<string>;
  unmount(name: string, id: string): void;
  remove(name: string): Promise<void>;
  get(name: string): Promise<ShownVolume | undefined>;
  list(): Promise<{ name: string; mountpoint: string }[]>;
  path(name: string): string;
}

export class AllVolumes implements VolumeVerbs {
  readonly #onRemoteDirs: Volumes;
  readonly #direct: DirectVolumes;

  constructor(onRemoteDirs: Volumes, direct: DirectVolumes) {
    this.#onRemoteDirs = onRemoteDirs;
    this.#direct = direct;
  }

  create(name: string, options: ReadonlyMap<string, string>): Promise<void> {
    return (isForDirect(this.#direct, name, options) ? this.#direct : this.#onRemoteDirs).create(name, options);
  }

  mount(name: string, id: string): Promise<string> {
    return this.#of(name).mount(name, id);
  }

  unmount(name: string, id: string): void {
    this.#of(name).unmount(name, id);
  }

  remove(name: string): Promise<void> {
    return this.#of(name).remove(name);
  }

  get(name: string): Promise<ShownVolume | undefined> {
    return this.#of(name).get(name);
  }

  async list(): Promise<{ name: string; mountpoint: string }[]> {
    return (await Promise.all([this.#onRemoteDirs.list(), this.#direct.list()])).flat();
  }

  path(name: string): string {
    return this.#of(name).path(name);
  }

  #of(name: string): VolumeVerbs {
    return this.#direct.has(name) ? this.#direct : this.#onRemoteDirs;
  }
}
