// Which volume does a name of Docker's mean on this host?
//
// One spelling per volume and host: the one first given to Create here, or first mounted, else "folder@label". Docker counts
// users per name, so under a second name a volume could be removed while it is in use under the first.

import { Failure } from '../errors.ts';
import type { RemoteDirs } from '../remotes/remote-dirs.ts';
import type { ShareIds } from '../remotes/share-ids.ts';
import type { Catalogue } from './catalogue.ts';
import { fullName, parseName, type VolumeRef } from './names.ts';
import type { CreateOptions } from './options.ts';

export interface KnownNamesParts {
  readonly catalogue: Catalogue;
  readonly ids: ShareIds;
  readonly remoteDirs: RemoteDirs;
}

export class KnownNames {
  readonly #parts: KnownNamesParts;

  constructor(parts: KnownNamesParts) {
    this.#parts = parts;
  }

  /** The volume an existing name means; throws NoSuchVolume or InvalidName without asking any share. */
  locate(name: string): VolumeRef {
    const { catalogue, ids, remoteDirs } = this.#parts;
    const spelled = catalogue.spelled(name);
    if (spelled !== undefined) {
      if (remoteDirs.find(spelled.label) !== undefined) return spelled;
      // The label may have been renamed in the settings; the share behind it is the same.
      const renamed = ids.labelsOf(spelled.shareId).find(label => remoteDirs.find(label) !== undefined);
      return { folder: spelled.folder, label: renamed ?? spelled.label };
    }
    const { folder, label } = parseName(name);
    if (label === undefined || this.#otherSpelling(name, { folder, label }) !== undefined) {
      throw new Failure('NoSuchVolume', {});
    }
    return { folder, label };
  }

  find(name: string): VolumeRef | undefined {
    try {
      return this.locate(name);
    } catch {
      return undefined;
    }
  }

  /** Where a new volume of this name goes. */
  place(name: string, wanted: CreateOptions): VolumeRef {
    const { catalogue, remoteDirs } = this.#parts;
    const spelled = catalogue.spelled(name);
    const { folder, label: named } = parseName(name);
    if (named !== undefined && wanted.label !== undefined && named !== wanted.label) {
      const expected = `"${named}", as the name says, or no such option`;
      throw new Failure('InvalidOption', { option: wanted.labelOption ?? 'remote-dir', value: wanted.label, expected });
    }
    const label = named ?? wanted.label ?? spelled?.label ?? remoteDirs.only()?.label;
    if (label === undefined) throw new Failure('LabelNeeded', { known: remoteDirs.labels() });
    const known = this.#otherSpelling(name, { folder, label });
    if (known !== undefined) throw new Failure('SpellingTaken', { known });
    // A second remote dir never re-points a bare name.
    if (spelled !== undefined && spelled.label !== label)
      throw new Failure('SpellingTaken', { known: fullName(spelled) });
    return { folder, label };
  }

  /** The name Docker knows the volume by. */
  spelling(ref: VolumeRef): string {
    return this.#parts.catalogue.find(this.shareId(ref), ref.folder)?.spelling ?? fullName(ref);
  }

  shareId(ref: VolumeRef): string | undefined {
    return this.#parts.ids.known(ref.label);
  }

  #otherSpelling(name: string, ref: VolumeRef): string | undefined {
    const known = this.#parts.catalogue.find(this.shareId(ref), ref.folder)?.spelling;
    return known === name ? undefined : known;
  }
}
