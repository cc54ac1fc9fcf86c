// Every environment variable of the plugin, as one table. A faulty value is reported and its default stays in force: a
// plugin that does not start cannot answer for the volumes it already has.

import { printable } from './errors.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface Settings {
  readonly remoteDirs: string;
  readonly logLevel: LogLevel;
  /** Seconds. */
  readonly mountWait: number;
  /** Seconds. */
  readonly linger: number;
  readonly onRemove: 'trash' | 'delete' | 'retain';
  /** Seconds. */
  readonly trashFor: number;
  /** Seconds. */
  readonly deadAfter: number;
  readonly scope: 'global' | 'local';
}

export interface Variable<T = unknown> {
  readonly name: string;
  readonly default: string;
  readonly help: string;
  readonly expected: string;
  /** Undefined: not a value of this variable. */
  readonly parse: (text: string) => T | undefined;
}

export function readSettings(env: Readonly<Record<string, string | undefined>>): {
  settings: Settings;
  faults: string[];
} {
  const faults: string[] = [];
  const read = <T>(variable: Variable<T>): T => {
    const text = env[variable.name]?.trim() ?? '';
    // The engine hands over a variable that was never set as an empty one.
    const value = variable.parse(text === '' ? variable.default : text);
    if (value !== undefined) return value;
    faults.push(
      `${variable.name}: expected ${variable.expected}, found "${printable(text)}"; ${variable.default} stays in force`,
    );
    return defaultOf(variable);
  };
  const settings: Settings = {
    remoteDirs: read(table.remoteDirs),
    logLevel: read(table.logLevel),
    mountWait: read(table.mountWait),
    linger: read(table.linger),
    onRemove: read(table.onRemove),
    trashFor: read(table.trashFor),
    deadAfter: read(table.deadAfter),
    scope: read(table.scope),
  };
  return { settings, faults };
}

/** Seconds of `20`, `20s`, `5m`, `24h` or `7d`. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (secondsOf[match[2] ?? ''] ?? 1);
}

export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
export const DURATION_WORDS = 'a duration such as 20s, 5m, 24h or 7d';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

// Docker itself gives up a call after 30 s here and there; every call of ours ends within 25 s, the waiting before that.
const LONGEST_MOUNT_WAIT = 22;

const table: { readonly [K in keyof Settings]: Variable<Settings[K]> } = {
  remoteDirs: {
    name: 'REMOTE_DIRS',
    default: '',
    help: 'the shares this host may use: addresses such as nfs://HOST/PATH?vers=4.2:LABEL, separated by spaces, or a JSON map of labels to settings',
    expected: 'addresses or a JSON map',
    parse: text => text,
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    help: 'how much is logged: trace, debug, info, warn or error',
    ...oneOf(logLevels),
  },
  mountWait: {
    name: 'MOUNT_WAIT',
    default: '20s',
    help: `how long the start of a container waits for a share that does not answer; at most ${LONGEST_MOUNT_WAIT} s`,
    ...duration(LONGEST_MOUNT_WAIT),
  },
  linger: {
    name: 'LINGER',
    default: '60s',
    help: 'how long a share stays mounted after its last use on this host',
    ...duration(),
  },
  onRemove: {
    name: 'ON_REMOVE',
    default: 'trash',
    help: 'what happens to the data of a removed volume where its remote dir does not say: trash, delete or retain',
    ...oneOf(['trash', 'delete', 'retain'] as const),
  },
  trashFor: {
    name: 'TRASH_FOR',
    default: '24h',
    help: 'how long a removed volume can be had back where its remote dir does not say',
    ...duration(),
  },
  deadAfter: {
    name: 'DEAD_AFTER',
    default: '24h',
    help: 'how long another host may give no sign of life until the volumes it has attached can be removed all the same (to trash)',
    ...duration(),
  },
  scope: {
    name: 'SCOPE',
    default: 'global',
    help: 'what docker volume ls shows as the scope of the volumes: global or local; display only',
    ...oneOf(['global', 'local'] as const),
  },
};

export const variables: readonly Variable[] = Object.values(table);

function oneOf<T extends string>(words: readonly T[]): Pick<Variable<T>, 'expected' | 'parse'> {
  return { expected: `one of ${words.join(', ')}`, parse: text => words.find(word => word === text.toLowerCase()) };
}

function duration(most?: number): Pick<Variable<number>, 'expected' | 'parse'> {
  return {
    expected: most === undefined ? DURATION_WORDS : `${DURATION_WORDS}, at most ${most} s`,
    parse: text => {
      const seconds = parseDuration(text);
      return seconds === undefined || (most !== undefined && seconds > most) ? undefined : seconds;
    },
  };
}

function defaultOf<T>(variable: Variable<T>): T {
  const value = variable.parse(variable.default);
  if (value === undefined) throw new Error(`the default of ${variable.name} is not one of its values`);
  return value;
}
