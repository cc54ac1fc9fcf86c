// Which shares may this host use? Those of its settings, and those made with -o, which are kept in this host's own memory.

import { Failure, reasonOf } from '../errors.ts';
import { readFileIfThere, replaceFile, setAside } from '../system/atomic-file.ts';
import { checkSettings, type RawSettings, type RemovalDefaults } from './check-settings.ts';
import { differencesFromOptions } from './differences.ts';
import { argsOf } from './mount-args.ts';
import { nearest } from './near-miss.ts';
import { sameRootAs } from './overlaps.ts';
import { LABEL, type RemoteDir } from './remote-dir.ts';
import { remoteDirOptions } from './setting-keys.ts';
import type { StaticRemoteDirs } from './static-remote-dirs.ts';
import { flagOr, numberOr } from './urls.ts';

// All of what the layers above ask about the table of remote dirs, in one place.
export { passesThrough } from './overlaps.ts';
export { remoteDirOptions } from './setting-keys.ts';
export { readStaticRemoteDirs, type StaticRemoteDirs } from './static-remote-dirs.ts';

export interface RemoteDirsParts {
  readonly configured: Pick<StaticRemoteDirs, 'dirs' | 'invalid'>;
  readonly stateFile: string;
  readonly defaults: RemovalDefaults;
  readonly warn: (text: string) => void;
  readonly now: () => Date;
  /** Says why a remote dir cannot be used on this host although its settings are valid. */
  readonly refuse?: (dir: RemoteDir) => string | undefined;
}

export type FoundRemoteDir =
  | { readonly state: 'ok'; readonly dir: RemoteDir }
  | { readonly state: 'invalid'; readonly faults: readonly string[] };

export class RemoteDirs {
  readonly #parts: RemoteDirsParts;
  readonly #known = new Map<string, FoundRemoteDir>();
  /** As they were given, also those no version before or after this one could read. */
  readonly #dynamic: Map<string, RawSettings>;

  constructor(parts: RemoteDirsParts) {
    this.#parts = parts;
    for (const [label, dir] of parts.configured.dirs) {
      const refusal = parts.refuse?.(dir);
      this.#known.set(label, refusal === undefined ? { state: 'ok', dir } : { state: 'invalid', faults: [refusal] });
    }
    for (const [label, faults] of parts.configured.invalid) this.#known.set(label, { state: 'invalid', faults });
    this.#dynamic = readState(parts);
    for (const [label, settings] of this.#dynamic) this.#remember(label, settings);
  }

  labels(): string[] {
    return [...this.#known.keys()];
  }

  find(label: string): FoundRemoteDir | undefined {
    return this.#known.get(label);
  }

  all(): RemoteDir[] {
    return [...this.#known.values()].flatMap(found => (found.state === 'ok' ? [found.dir] : []));
  }

  /** The one a bare name means. With an invalid one beside it there are two: a name must not change its meaning by a typing error. */
  only(): RemoteDir | undefined {
    return this.#known.size === 1 ? this.all()[0] : undefined;
  }

  /** Makes a remote dir of -o options, or gives back the one that is there when the options do not contradict it. */
  add(label: string, options: ReadonlyMap<string, string>): RemoteDir {
    const names = remoteDirOptions.map(option => option.name);
    for (const option of options.keys()) {
      if (!names.includes(option))
        throw new Failure('UnknownOption', { option, near: nearest(option, names), known: names });
    }
    const found = this.#known.get(label);
    if (found?.state === 'invalid') throw new Failure('RemoteDirInvalid', { label, faults: found.faults });
    if (found !== undefined) {
      const differences = differencesFromOptions(options, found.dir);
      if (differences.length > 0) throw new Failure('RemoteDirDiffers', { label, differences });
      return found.dir;
    }
    if (options.size === 0) throw new Failure('UnknownLabel', { label, known: this.labels() });
    return this.#make(label, settingsOf(options));
  }

  /** Takes back one that was made with -o and has led to no share. */
  forget(label: string): void {
    if (!this.#dynamic.has(label)) return;
    this.#write(new Map([...this.#dynamic].filter(([known]) => known !== label)));
    this.#dynamic.delete(label);
    this.#known.delete(label);
  }

  #make(label: string, settings: RawSettings): RemoteDir {
    if (!LABEL.test(label))
      throw new Failure('RemoteDirInvalid', {
        label,
        faults: ['the label is not made of small letters, digits, "_", "." and "-"'],
      });
    const checked = checkSettings(label, settings, '', 'dynamic', this.#parts.defaults);
    if ('faults' in checked) throw new Failure('RemoteDirInvalid', { label, faults: checked.faults });
    const refusal = this.#parts.refuse?.(checked.dir);
    if (refusal !== undefined) throw new Failure('RemoteDirInvalid', { label, faults: [refusal] });
    const other = sameRootAs(checked.dir, this.all());
    if (other !== undefined) throw new Failure('SameRoot', { label, other: other.label });
    // On disk first: a volume on a share that is forgotten at the next start would be a volume lost.
    this.#write(new Map([...this.#dynamic, [label, settings]]));
    this.#dynamic.set(label, settings);
    this.#known.set(label, { state: 'ok', dir: checked.dir });
    return checked.dir;
  }

  #remember(label: string, settings: RawSettings): void {
    const checked = checkSettings(label, settings, `${label}.`, 'dynamic', this.#parts.defaults);
    const known = this.#known.get(label);
    if (known !== undefined) {
      this.#parts.warn(`remote dir "${label}" is configured now; what was once given for it with -o is no longer used`);
      return;
    }
    const other = 'dir' in checked ? sameRootAs(checked.dir, this.all()) : undefined;
    const refusal = 'dir' in checked ? this.#parts.refuse?.(checked.dir) : undefined;
    const faults =
      'faults' in checked ? checked.faults : [refusal ?? [], other === undefined ? [] : sameAs(other)].flat();
    if ('dir' in checked && faults.length === 0) this.#known.set(label, { state: 'ok', dir: checked.dir });
    else this.#known.set(label, { state: 'invalid', faults });
  }

  #write(dynamic: ReadonlyMap<string, RawSettings>): void {
    const file = this.#parts.stateFile;
    try {
      replaceFile(file, `${JSON.stringify({ version: 1, remoteDirs: Object.fromEntries(dynamic) }, null, 2)}\n`, 0o600);
    } catch (error) {
      throw new Failure('LocalStateUnwritable', { file, problem: reasonOf(error) }, { cause: error });
    }
  }
}

const sameAs = (other: RemoteDir) => `the same folder of the same server as remote dir "${other.label}"; use that one`;

function settingsOf(options: ReadonlyMap<string, string>): RawSettings {
  const value = (option: string, text: string) => {
    if (option === 'port') return numberOr(text);
    if (['readOnly', 'tls', 'tls-verify'].includes(option)) return flagOr(text);
    return option === 'args' ? argsOf(text) : text;
  };
  return Object.fromEntries([...options].map(([option, text]) => [option, value(option, text)]));
}

function readState({ stateFile, warn, now }: RemoteDirsParts): Map<string, RawSettings> {
  const text = readFileIfThere(stateFile);
  const entries = text === undefined ? new Map<string, RawSettings>() : entriesOf(text);
  if (entries !== undefined) return entries;
  const aside = setAside(stateFile, now());
  warn(
    `the list of remote dirs made with -o could not be understood; it was kept as "${aside}", and those remote dirs are missing until they are made again`,
  );
  return new Map();
}

function entriesOf(text: string): Map<string, RawSettings> | undefined {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isMap(state) || state['version'] !== 1 || !isMap(state['remoteDirs'])) return undefined;
  const entries = Object.entries(state['remoteDirs']);
  return entries.every((entry): entry is [string, RawSettings] => LABEL.test(entry[0]) && isMap(entry[1]))
    ? new Map(entries)
    : undefined;
}

const isMap = (value: unknown): value is RawSettings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
