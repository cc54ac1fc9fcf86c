// The record of a volume: the JSON on the share that says a folder is a volume, who made it and how. It is written once and
// never changed; what is being done to the volume is said by signs (signs.ts).

import type { OnRemove } from '../remotes/remote-dir.ts';

export interface VolumeOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** As written: four octal digits */
  readonly mode?: string;
  readonly access?: 'rw' | 'ro';
  readonly group?: string;
  /** As asked for; stored, shown, not enforced */
  readonly capacity?: string;
  readonly onRemove?: OnRemove;
}

export interface Host {
  readonly id: string;
  readonly name: string;
}

export interface VolumeRecord {
  readonly version: 1;
  /** Tells this volume from a later one of the same name. */
  readonly id: string;
  readonly folder: string;
  readonly createdAt: string;
  readonly createdBy: Host;
  /** The folder was there before the record: its owner and mode are not ours to change, nor is it ours to delete. */
  readonly adopted: boolean;
  readonly options: VolumeOptions;
  /** Taken out of trash: the name of the entry, which its folder is moved out of as long as it is half made. */
  readonly restoredFrom?: string;
}

export interface NoRecord {
  readonly problem: string;
  /** The one it is about, where that is another */
  readonly folder?: string;
}

export interface NewRecord {
  readonly options: VolumeOptions;
  readonly host: Host;
  readonly now: () => Date;
  readonly newId: () => string;
}

export function newRecord(folder: string, { options, host, now, newId }: NewRecord, adopted: boolean): VolumeRecord {
  return { version: 1, id: newId(), folder, createdAt: now().toISOString(), createdBy: host, adopted, options };
}

export function recordText(record: VolumeRecord): string {
  return `${JSON.stringify(record, undefined, 1)}\n`;
}

/** A text that is not a whole record is an error, never "no record". */
export function parseRecord(text: string, folder: string): VolumeRecord | NoRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { problem: 'it is not a JSON object' };
  const record = parsed as Record<string, unknown>;
  if (record['version'] !== 1)
    return { problem: `its version is ${JSON.stringify(record['version']) ?? 'missing'}, this plugin knows 1` };
  if (record['folder'] !== folder)
    return {
      problem: 'it names another folder',
      ...(typeof record['folder'] === 'string' ? { folder: record['folder'] } : {}),
    };
  if (typeof record['id'] !== 'string' || !/^[0-9a-f-]{36}$/.test(record['id'])) return { problem: 'it has no id' };
  if (typeof record['createdAt'] !== 'string') return { problem: '"createdAt" is missing' };
  if (Number.isNaN(Date.parse(record['createdAt'] as string))) return { problem: '"createdAt" is no time' };
  if (typeof record['adopted'] !== 'boolean') return { problem: '"adopted" is missing' };
  if (!isHost(record['createdBy'])) return { problem: 'the host is missing' };
  if (typeof record['options'] !== 'object' || record['options'] === null) return { problem: '"options" is missing' };
  return parsed as VolumeRecord;
}

export function isRecord(parsed: VolumeRecord | NoRecord): parsed is VolumeRecord {
  return !('problem' in parsed);
}

function isHost(value: unknown): value is Host {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Host).id === 'string' &&
    typeof (value as Host).name === 'string'
  );
}
