// The direct volumes of this host. Nothing of ours lies in their folders, so this memory is all there is of them: it is on
// the disk before Docker is told of success, and what cannot be read of it is reported and never taken for nothing.

import { Failure, reasonOf } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { directKey } from '../../mounts/direct-key.ts';
import { Journal } from '../../system/journal.ts';
import { isVolumeName } from '../names.ts';
import type { Host } from '../record.ts';
import { type DirectSettings, parseDirectOptions } from './direct-options.ts';

export interface DirectRecord {
  readonly version: 1;
  /** Tells this volume from a later one of the same name. */
  readonly id: string;
  readonly createdAt: string;
  readonly createdBy: Host;
  /** As they were given to Create */
  readonly options: Readonly<Record<string, string>>;
}

export interface DirectVolume {
  readonly name: string;
  /** What stands for its label: another one for each volume there ever was, since options belong to a mount. */
  readonly key: string;
  readonly record: DirectRecord | undefined;
  /** A failure where this plugin cannot make anything of the record. */
  readonly settings: DirectSettings | Failure;
}

export class DirectMemory {
  readonly #file: string;
  readonly #journal: Journal;
  readonly #volumes = new Map<string, DirectVolume>();

  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#journal = new Journal(file, problem =>
      log.error(
        problem,
        "a part of this host's memory of direct volumes cannot be read, and these are missing; the file was kept aside",
      ),
    );
    for (const [name, value] of this.#journal.entries) {
      const volume = volumeOf(name, value);
      this.#volumes.set(name, volume);
      if (volume.settings instanceof Failure)
        log.error({ volume: name, file, problem: volume.settings.message }, 'a direct volume is not understood');
    }
  }

  names(): string[] {
    return [...this.#volumes.keys()];
  }

  find(name: string): DirectVolume | undefined {
    return this.#volumes.get(name);
  }

  put(name: string, record: DirectRecord): void {
    this.#write(() => this.#journal.set([[name, record]], true));
    this.#volumes.set(name, volumeOf(name, record));
  }

  forget(name: string): void {
    this.#write(() => this.#journal.delete([name]));
    this.#volumes.delete(name);
  }

  #write(act: () => void): void {
    try {
      act();
    } catch (error) {
      throw new Failure('LocalStateUnwritable', { file: this.#file, problem: reasonOf(error) }, { cause: error });
    }
  }
}

function volumeOf(name: string, value: unknown): DirectVolume {
  const record = recordIn(value);
  // The name becomes a part of a path.
  const folder = isVolumeName(name) ? name : 'nameless';
  const key = directKey(record === undefined ? folder : `${folder}.${record.id.slice(0, 8)}`);
  return { name, key, record, settings: settingsOf(record) };
}

function settingsOf(record: DirectRecord | undefined): DirectSettings | Failure {
  try {
    if (record !== undefined) return parseDirectOptions(new Map(Object.entries(record.options)));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  const faults = ['what this host remembers of them is not understood; remove the volume and create it again'];
  return new Failure('DirectOptionsInvalid', { faults });
}

function recordIn(value: unknown): DirectRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, id, createdAt, createdBy, options } = value as Partial<DirectRecord>;
  const isOne =
    version === 1 &&
    typeof id === 'string' &&
    /^[0-9a-f-]{36}$/.test(id) &&
    typeof createdAt === 'string' &&
    typeof createdBy?.name === 'string' &&
    typeof options === 'object' &&
    options !== null &&
    Object.values(options).every(each => typeof each === 'string');
  return isOne ? (value as DirectRecord) : undefined;
}
