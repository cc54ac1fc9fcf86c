// A Docker host in the model: the product's own steps, called as volumes.ts calls them, and what the host holds. What volumes.ts
// repeats in the background until it is done (taking away a sign whose call was cut short) is a step of its own here.

import { Failure } from '../../src/errors.ts';
import type { FileWork } from '../../src/system/file-work.ts';
import { attach } from '../../src/volumes/attach.ts';
import { createVolume } from '../../src/volumes/create-volume.ts';
import { readRecord } from '../../src/volumes/records.ts';
import { removeVolume } from '../../src/volumes/remove-volume.ts';
import { finishRestoring, restorationOf, restoreVolume, settleRestoring } from '../../src/volumes/restore.ts';
import { listLeaving, settleLeaving, settleRemoval } from '../../src/volumes/settle.ts';
import { listSigns, signNames, takeSigns } from '../../src/volumes/signs.ts';
import { listTrash, restoredAs } from '../../src/volumes/trash-entry.ts';
import type { ShareModel } from './share-model.ts';

export const VOLUME = 'v';
const dir = {
  label: 'nas',
  type: 'local',
  path: '/',
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
} as const;

export class ModelHost {
  readonly id: string;
  readonly #share: ShareModel;
  /** The folder that this host's container has, while it has one. */
  holds: number | undefined;
  /** Every sign this host has put: it remembers those that may be there over a crash, and tries for a while. */
  readonly signs = new Set<string>();
  /** What Docker was told, call by call. */
  readonly told: string[] = [];
  #tokens = 0;

  constructor(number: number, share: ShareModel) {
    this.id = uuid(number, 0);
    this.#share = share;
  }

  key(): string {
    return JSON.stringify([this.holds, [...this.signs]]);
  }

  create = (files: FileWork) =>
    this.#tell('create', async () => {
      await createVolume(files, { ...this.#making(), options: {} });
    });

  mount = (files: FileWork) =>
    this.#tell('mount', async () => {
      const record = await readRecord(files, VOLUME);
      if (record === undefined) throw new Failure('NoSuchVolume', {});
      const token = this.#token();
      const name = signNames.attached(this.id, token);
      this.signs.add(name);
      await attach(files, record, { ...this.#making(), token });
      this.holds = this.#share.folderAt(VOLUME);
      if (this.holds === undefined) throw new Error('attached to what is gone');
    });

  unmount = (files: FileWork) =>
    this.#tell('unmount', async () => {
      this.holds = undefined;
      await this.letGo(files);
    });

  remove = (files: FileWork) =>
    this.#tell('remove', async () => {
      const record = await readRecord(files, VOLUME);
      if (record === undefined) return;
      const { creating } = await listSigns(files, VOLUME);
      const isHalf = restorationOf(record) !== undefined && creating.some(({ id }) => id === record.id);
      if (isHalf && !(await finishRestoring(files, record, this.#making()))) return;
      await removeVolume(files, record, {
        ...this.#making(),
        token: this.#token(),
        keepSeconds: () => 60,
        usersNow: async () => (this.holds === undefined ? [] : ['a container']),
        usersElsewhere: async others => others.map(({ id }) => `host ${id}`),
      });
    });

  restore = (files: FileWork) =>
    this.#tell('restore', async () => {
      const [entry] = await listTrash(files);
      if (entry === undefined) throw new Failure('NotRestorable', { reason: 'it is not there' });
      await restoreVolume(files, entry, { ...this.#making(), folder: undefined });
    });

  /** Takes away the signs of what this host does not hold, until the share has let it. */
  letGo = async (files: FileWork) => {
    if (this.holds !== undefined) return;
    await takeSigns(files, VOLUME, [...this.signs]);
  };

  /** What a Mount or Create does with a removal that nobody goes on with. */
  settle = async (files: FileWork) => {
    for (const leaving of await listLeaving(files)) await settleLeaving(files, leaving, () => 60);
    for (const entry of await listTrash(files))
      if (restoredAs(entry) !== undefined) await settleRestoring(files, entry, this.#making());
    const record = await readRecord(files, VOLUME);
    if (record !== undefined) await settleRemoval(files, record, 60);
  };

  #making() {
    const now = () => new Date(0);
    return {
      dir,
      folder: VOLUME,
      host: { id: this.id, name: this.id.slice(0, 8) },
      now,
      newId: () => this.#token(),
      refuseFolder: () => undefined,
    };
  }

  #token(): string {
    this.#tokens += 1;
    return uuid(Number.parseInt(this.id.slice(0, 8), 16), this.#tokens);
  }

  async #tell(verb: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.told.push(`${verb} ok`);
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      this.told.push(`${verb} ${code}`);
    }
  }
}

function uuid(host: number, number: number): string {
  return `${String(host).padStart(8, '0')}-0000-0000-0000-${String(number).padStart(12, '0')}`;
}
