// The remote dirs of REMOTE_DIRS and of the config file: every fault is told, and no bad one takes a good one with it.

import { printable } from '../errors.ts';
import { checkSettings, type RemovalDefaults } from './check-settings.ts';
import { differencesOf } from './differences.ts';
import { sameRootAs } from './overlaps.ts';
import { LABEL, type RemoteDir } from './remote-dir.ts';
import { type Entry, type LogSettings, readConfigText, readVariable } from './setting-sources.ts';

export interface StaticSources {
  readonly remoteDirs: string;
  readonly configText: string | undefined;
  readonly defaults: RemovalDefaults;
  /** Where volumes lie when nothing at all is configured. */
  readonly embeddedPath: string;
}

export interface StaticRemoteDirs {
  readonly dirs: Map<string, RemoteDir>;
  readonly invalid: Map<string, string[]>;
  /** Faults that belong to no label. */
  readonly faults: string[];
  readonly log: LogSettings;
}

export function readStaticRemoteDirs(sources: StaticSources): StaticRemoteDirs {
  const variable = readVariable(sources.remoteDirs);
  const file = readConfigText(sources.configText ?? '');
  const result: StaticRemoteDirs = {
    dirs: new Map(),
    invalid: new Map(),
    faults: [...variable.faults, ...file.faults],
    log: { ...variable.log, ...file.log },
  };
  const entries = [...variable.entries, ...file.entries];
  for (const entry of entries) take(entry, result, sources.defaults);
  // What cannot be read may name a dozen shares: then nothing is "not configured", and no local folder stands in for them.
  if (entries.length === 0 && !variable.broken && !file.broken) {
    const { onRemove, trashFor } = sources.defaults;
    const embedded = {
      label: 'local',
      type: 'local',
      path: sources.embeddedPath,
      volPath: '',
      args: [],
      origin: 'embedded',
    } as const;
    result.dirs.set('local', { ...embedded, onRemove, trashFor });
  }
  return result;
}

function take(entry: Entry, { dirs, invalid, faults }: StaticRemoteDirs, defaults: RemovalDefaults): void {
  const { label, place } = entry;
  if (!LABEL.test(label)) {
    faults.push(`${place}.${printable(label)}: not a label; expected ${LABEL_WORDS}`);
    return;
  }
  const refuse = (problems: readonly string[]) => {
    // A label of which one of two descriptions is wrong is not known well enough to be used.
    dirs.delete(label);
    invalid.set(label, [...(invalid.get(label) ?? []), ...problems]);
  };
  if (entry.problem !== undefined) {
    refuse([`${place}: ${entry.problem}`]);
    return;
  }
  const checked = checkSettings(label, entry.settings, `${place}.${label}.`, 'static', defaults);
  if ('faults' in checked) {
    refuse(checked.faults);
    return;
  }
  const problem = twiceProblem(checked.dir, dirs);
  if (problem !== undefined) refuse([`${place}.${label}: ${problem}`]);
  else if (!invalid.has(label)) dirs.set(label, checked.dir);
}

function twiceProblem(dir: RemoteDir, dirs: ReadonlyMap<string, RemoteDir>): string | undefined {
  const known = dirs.get(dir.label);
  const differences = known === undefined ? [] : differencesOf(dir, known);
  if (differences.length > 0) {
    const words = differences.map(d => `${d.option} is "${printable(d.inForce)}" and "${printable(d.asked)}"`);
    return `given twice, with different settings: ${words.join(', ')}; keep one of them`;
  }
  const other = sameRootAs(dir, [...dirs.values()]);
  if (other === undefined) return undefined;
  return `the same folder of the same server as remote dir "${other.label}"; keep one, or give one another vol-path`;
}

const LABEL_WORDS = 'a small letter or digit, then up to 62 small letters, digits, "_", "." or "-"';
