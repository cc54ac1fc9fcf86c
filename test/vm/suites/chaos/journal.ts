// What was asked for and what was answered, by both hosts, with the moments of both: whatever is to be true afterwards is
// decided from it.

export type What = 'create' | 'start' | 'remove' | 'restore';

export interface Call {
  readonly what: What;
  readonly host: string;
  /** NAME@LABEL */
  readonly volume: string;
  /** Milliseconds, on one clock for all */
  readonly began: number;
  readonly ended: number;
  readonly outcome: 'done' | 'refused' | 'not known';
  readonly message?: string;
}

/** A container that a host had the whole time. */
export interface Held {
  readonly host: string;
  readonly volume: string;
  readonly since: number;
  readonly until: number;
}

export interface Written {
  readonly volume: string;
  readonly file: string;
  readonly sha256: string;
}

/** A call whose answer was lost may still be carried out for so long: longer than any call of the plugin lasts. */
const LATE_MS = 30_000;

const endOf = ({ ended, outcome }: Call) => (outcome === 'not known' ? ended + LATE_MS : ended);
const mayHaveRemoved = ({ what, outcome }: Call) => what === 'remove' && outcome !== 'refused';
/** Docker creates a volume that is not there for a container, and may fail to start the container afterwards. */
const mayHaveMade = ({ what, outcome }: Call) => what === 'start' || (what !== 'remove' && outcome !== 'refused');

/**
 * Whether the volume has to be there after all of this, or has to be gone; undefined: what was answered does not say. It is
 * there when somebody was told so after the last removal had ended, and the other way round.
 */
export function mustBeThere(calls: readonly Call[], volume: string): boolean | undefined {
  const here = calls.filter(call => call.volume === volume);
  if (isLast(here, mayHaveMade, mayHaveRemoved)) return true;
  if (isLast(here, mayHaveRemoved, mayHaveMade)) return false;
  return undefined;
}

/** One of `these` was answered with yes, and none of `those` was under way at any time from its begin on. */
function isLast(calls: readonly Call[], these: (call: Call) => boolean, those: (call: Call) => boolean): boolean {
  const others = Math.max(...calls.filter(those).map(endOf), Number.NEGATIVE_INFINITY);
  return calls.some(call => these(call) && call.outcome === 'done' && call.began > others);
}

/** Removals that were answered with yes while a container had the volume from before their begin until after their end. */
export function removedInUse(calls: readonly Call[], held: readonly Held[]): string[] {
  return calls
    .filter(({ what, outcome }) => what === 'remove' && outcome === 'done')
    .flatMap(({ host, volume, began, ended }) =>
      held
        .filter(each => each.volume === volume && each.since < began && each.until > ended)
        .map(user => `host ${host} has removed ${volume} while a container on host ${user.host} had it`),
    );
}

/** Whether anything was begun with the volume whose end nobody knows: then there may be traces of it. */
export function mayBeHalfDone(calls: readonly Call[], volume: string): boolean {
  return calls.some(call => call.volume === volume && call.outcome === 'not known');
}
