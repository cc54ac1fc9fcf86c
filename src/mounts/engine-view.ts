// Whether the engine still sees what is mounted here.
//
// It does by way of the plugin's folder, a mount that both of them have. An engine that starts after a crash unmounts all
// that its plugins had, and goes on with that beside the start of the plugin, longer when a dead server holds it up. Then
// the plugin's folder is cut off: whatever is mounted in it, containers find an empty place. Nothing but a new start of the
// plugin puts that right.

import { Failure } from '../errors.ts';
import { type MountEntry, mountAt, type ReadMountTable } from './mount-table.ts';
import type { ReadNamespaces } from './mount-users.ts';

export interface EngineViewParts {
  /** The folder whose mounts the engine is to see */
  readonly root: string;
  readonly readTable: ReadMountTable;
  readonly readNamespaces: ReadNamespaces;
  readonly readNamespaceOf: (pid: number) => readonly MountEntry[] | undefined;
  /** Whether the engine is among the processes whose mounts can be read; without it, that nobody is seen says nothing. */
  readonly isEngineThere: () => boolean;
  /** Told once. */
  readonly onCutOff: () => void;
}

/** Where an engine has the folder of a managed plugin that is to be seen outside. */
const PLUGIN_FOLDER = '/propagated-mount';

export class EngineView {
  readonly #parts: EngineViewParts;
  /** The folder was seen from outside in this life. */
  #wasSeen = false;
  #seenIn: number | undefined;
  #isCutOff = false;

  constructor(parts: EngineViewParts) {
    this.#parts = parts;
  }

  async look(): Promise<void> {
    if (this.#isCutOff) return;
    const isSeen = await this.#isSeen();
    if (isSeen === undefined) return;
    if (!isSeen && (this.#wasSeen || this.#shouldBeSeen())) {
      this.#isCutOff = true;
      this.#parts.onCutOff();
    }
    this.#wasSeen = isSeen;
  }

  /** Before Docker is told that a container can have something. */
  async refuseIfCutOff(): Promise<void> {
    await this.look();
    if (this.#isCutOff) throw new Failure('CutOff', {});
  }

  /** The engine may have been through with it before our first look. A daemon of the host itself has nobody outside. */
  #shouldBeSeen(): boolean {
    const { root, readTable, isEngineThere } = this.#parts;
    return mountAt(readTable(), root)?.root.endsWith(PLUGIN_FOLDER) === true && isEngineThere();
  }

  /** undefined: not known now */
  async #isSeen(): Promise<boolean | undefined> {
    const { root, readTable, readNamespaces, readNamespaceOf } = this.#parts;
    const peers = mountAt(readTable(), root)?.peers;
    if (peers === undefined) return false;
    const shows = (entries: readonly MountEntry[]) => entries.some(entry => entry.peers === peers);
    try {
      // Mostly it is the one of the last time, and one table is read quicker than all.
      if (this.#seenIn !== undefined && shows(readNamespaceOf(this.#seenIn) ?? [])) return true;
      this.#seenIn = (await readNamespaces()).find(({ entries }) => shows(entries))?.pid;
      return this.#seenIn !== undefined;
    } catch {
      return undefined;
    }
  }
}
