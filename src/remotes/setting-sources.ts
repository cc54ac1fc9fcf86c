// What do REMOTE_DIRS and the config file say, label by label, before any of it is checked?

import { printable } from '../errors.ts';
import { type LogLevel, logLevels } from '../settings.ts';
import { readJson } from './config-text.ts';
import { schemaFaults } from './schema.ts';
import { readUrls } from './urls.ts';

export interface LogSettings {
  readonly level?: LogLevel;
  readonly path?: string;
  readonly maxAgeDays?: number;
  readonly maxSizeMb?: number;
}

export interface Entry {
  readonly label: string;
  readonly place: string;
  readonly settings?: unknown;
  readonly problem?: string;
}

export interface Source {
  readonly entries: readonly Entry[];
  readonly faults: readonly string[];
  readonly log: LogSettings;
  /** It could not be read far enough to say which remote dirs it names. */
  readonly broken: boolean;
}

export function readVariable(variable: string): Source {
  const text = variable.trim();
  if (text.startsWith('{')) return readDocument('REMOTE_DIRS', 'REMOTE_DIRS', text);
  const place = 'REMOTE_DIRS';
  const read = readUrls(text);
  return {
    entries: read.flatMap(url => (url.label === undefined ? [] : [{ place, ...url, label: url.label }])),
    faults: read.flatMap(url => ('problem' in url && url.label === undefined ? [`${place}: ${url.problem}`] : [])),
    log: {},
    broken: read.some(url => url.label === undefined),
  };
}

export function readConfigText(text: string): Source {
  return readDocument('the config file', 'RemoteDirs', text);
}

function readDocument(name: string, place: string, text: string): Source {
  const nothing: Source = { entries: [], faults: [], log: {}, broken: false };
  if (text.trim() === '') return nothing;
  const read = readJson(text);
  if ('problem' in read) return { ...nothing, faults: [`${name} is not JSON: ${read.problem}`], broken: true };
  if (!isMap(read.value)) return { ...nothing, faults: [`${name}: expected a map of settings`], broken: true };
  const whole = read.value;
  // REMOTE_DIRS may hold the map of labels alone; no label begins with a capital, so the two cannot be mistaken.
  const document = name === 'REMOTE_DIRS' && !Object.hasOwn(whole, 'RemoteDirs') ? { RemoteDirs: whole } : whole;
  const remoteDirs = document['RemoteDirs'];
  const ill = schemaFaults({ ...document, ...(isMap(remoteDirs) ? { RemoteDirs: {} } : {}) });
  return {
    entries: isMap(remoteDirs)
      ? Object.entries(remoteDirs).map(([label, settings]) => ({ label, place, settings }))
      : [],
    faults: ill.map(({ path, problem }) => `${name}, ${path.map(part => printable(part)).join('.')}: ${problem}`),
    log: logOf(document, new Set(ill.map(fault => fault.path[0]))),
    // A misspelt RemoteDirs is as good as one that cannot be read.
    broken: ill.some(fault => !String(fault.path[0]).startsWith('Log') && !String(fault.path[0]).startsWith('MaxLog')),
  };
}

function logOf(document: Readonly<Record<string, unknown>>, refused: ReadonlySet<string | undefined>): LogSettings {
  const { LogLevel, LogPath, MaxLogAgeDays, MaxLogSizeMb } = document;
  const level = logLevels.find(known => known === LogLevel);
  const days = refused.has('MaxLogAgeDays') ? undefined : MaxLogAgeDays;
  const size = refused.has('MaxLogSizeMb') ? undefined : MaxLogSizeMb;
  return {
    ...(level === undefined ? {} : { level }),
    ...(typeof LogPath === 'string' && LogPath !== '' ? { path: LogPath } : {}),
    ...(typeof days === 'number' ? { maxAgeDays: days } : {}),
    ...(typeof size === 'number' ? { maxSizeMb: size } : {}),
  };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
