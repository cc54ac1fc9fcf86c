// Is what was found behind a label the share this host knows by it? Throws the reason when it is not.

import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { byEachAddress, type RemoteDir, sourceOf } from './remote-dir.ts';
import type { Found } from './share-format.ts';
import { makeStandIn, type ShareIds } from './share-ids.ts';

export interface VerdictParts {
  readonly ids: ShareIds;
  /** Whether a label is in use on this host: only then can it be the other name of this root. */
  readonly isConfigured: (label: string) => boolean;
}

/**
 * `nameless`: nothing can be written there, so that a share without an id is none the worse for it. Then one that has held
 * something is not taken for the same when it is empty.
 */
export function acceptFound(found: Found, dir: RemoteDir, { ids, isConfigured }: VerdictParts, nameless = false): void {
  const { label } = dir;
  const known = ids.ownId(label);
  switch (found.what) {
    case 'share': {
      if (known !== undefined && known !== found.id) throw new Failure('WrongShare', { label, known, found: found.id });
      // Of two labels the one that came first keeps the root.
      const first = ids.labelsOf(found.id).find(candidate => candidate === label || isConfigured(candidate));
      if (first !== undefined && first !== label) throw new Failure('SameRoot', { label, other: first });
      ids.remember(label, found.id);
      return;
    }
    case 'nothing':
    case 'empty':
    case 'no-root':
      if (nameless && found.what !== 'no-root' && known === undefined) {
        acceptNameless(found, label, ids);
        return;
      }
      if (known === undefined || (found.what === 'no-root' && dir.addr === undefined)) {
        throw unreachable(dir, `the folder ${join(dir.path, dir.volPath)} is not there`);
      }
      throw new Failure('WrongShare', { label, known, found: undefined });
    case 'newer':
      throw new Failure('ShareTooNew', { label, version: found.version });
    case 'damaged':
      throw new Failure('ShareDamaged', { label, file: found.file, problem: found.problem });
  }
}

function acceptNameless(found: Found, label: string, ids: ShareIds): void {
  const hasHeldSomething = ids.known(label) !== undefined;
  if (found.what === 'nothing' && !hasHeldSomething) ids.remember(label, makeStandIn());
  if (found.what === 'empty' && hasHeldSomething)
    throw new Failure('WrongShare', { label, known: undefined, found: undefined });
}

export function unreachable(dir: RemoteDir, problem: string, cause?: unknown): Failure {
  const server = byEachAddress(dir).map(sourceOf).join(', ');
  return new Failure('ShareUnreachable', { label: dir.label, server, problem }, { cause });
}
