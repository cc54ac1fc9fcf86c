// Who on this host uses a volume: what Docker has told us in this life of the plugin, held against what the mount tables
// of the running containers show.
//
// Counted per volume and Mount ID: docker cp mounts a second time under the ID of the running container. A count alone is
// not believed for ever, since Docker loses Unmounts; one that no mount table confirms after a while is void.

import {
  describeUser,
  type MountUser,
  type Namespace,
  type ReadNamespaces,
  usersOf,
  type VolumeMark,
} from '../mounts/mount-users.ts';
import { fullName, type VolumeRef } from './names.ts';

/** From the answer to Mount until the container's process shows the mount; an image's copy-up may take minutes. */
const UNSEEN_FOR = 10 * 60_000;
const SHOWN_FOR = 2000;

interface Reference {
  count: number;
  readonly at: number;
  readonly since: string;
}

export interface ReferencesParts {
  readonly readNamespaces: ReadNamespaces;
  readonly clock?: () => number;
  readonly now?: () => Date;
}

export class References {
  readonly #parts: Required<ReferencesParts>;
  readonly #held = new Map<string, Map<string, Reference>>();
  #readAt = Number.NEGATIVE_INFINITY;
  #namespaces: Promise<readonly Namespace[]> = Promise.resolve([]);

  constructor(parts: ReferencesParts) {
    this.#parts = { clock: () => performance.now(), now: () => new Date(), ...parts };
  }

  add(ref: VolumeRef, id: string): void {
    const key = fullName(ref);
    const ids = this.#held.get(key) ?? new Map<string, Reference>();
    this.#held.set(key, ids);
    const reference = ids.get(id);
    if (reference === undefined)
      ids.set(id, { count: 1, at: this.#parts.clock(), since: this.#parts.now().toISOString() });
    else reference.count += 1;
  }

  /** An ID of an earlier life is simply not there any more. */
  drop(ref: VolumeRef, id: string): void {
    const key = fullName(ref);
    const ids = this.#held.get(key);
    const reference = ids?.get(id);
    if (ids === undefined || reference === undefined) return;
    reference.count -= 1;
    if (reference.count <= 0) ids.delete(id);
    if (ids.size === 0) this.#held.delete(key);
  }

  /** What Docker has told us, unchecked: for showing. */
  told(ref: VolumeRef): number {
    return this.#held.get(fullName(ref))?.size ?? 0;
  }

  /** The containers and processes whose mount tables show the volume, as of a few seconds ago: for showing. */
  async seen(mark: VolumeMark): Promise<string[]> {
    if (this.#parts.clock() - this.#readAt > SHOWN_FOR) {
      this.#readAt = this.#parts.clock();
      this.#namespaces = this.#parts.readNamespaces();
    }
    return [...new Set(usersOf(await this.#namespaces, mark).map(describeUser))];
  }

  /** Every use of the volumes asked for, in words, by full name. Throws when the mount tables cannot be read. */
  async inUse(marks: ReadonlyMap<VolumeRef, VolumeMark>): Promise<Map<string, string[]>> {
    const namespaces = await this.#parts.readNamespaces();
    const found = new Map<string, string[]>();
    for (const [ref, mark] of marks) {
      const users = usersOf(namespaces, mark);
      this.#forgetUnseen(ref, users);
      const words = new Set(users.map(describeUser));
      const told = [...(this.#held.get(fullName(ref)) ?? [])];
      if (words.size === 0)
        for (const [id, { since }] of told)
          words.add(`a container that is being started (mount ${id.slice(0, 12)}, since ${since})`);
      if (words.size > 0) found.set(fullName(ref), [...words]);
    }
    return found;
  }

  /** The volumes of a label that Docker has told us about. */
  toldOf(label: string): string[] {
    return [...this.#held.keys()].filter(key => key.endsWith(`@${label}`));
  }

  /** With more IDs than users in sight, the oldest unseen ones are those whose Unmount never came. */
  #forgetUnseen(ref: VolumeRef, users: readonly MountUser[]): void {
    const key = fullName(ref);
    const ids = this.#held.get(key);
    if (ids === undefined || users.length > 0) return;
    for (const [id, reference] of ids) {
      if (this.#parts.clock() - reference.at > UNSEEN_FOR) ids.delete(id);
    }
    if (ids.size === 0) this.#held.delete(key);
  }
}
