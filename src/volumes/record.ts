// The record of a volume: the JSON on the share that says a folder is a volume, who made it and how.

import { randomUUID } from 'node:crypto';
import type { OnRemove } from '../remotes/remote-dir.ts';

export type RecordState = 'creating' | 'ready' | 'removing';

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
  readonly state: RecordState;
  /** When the state was reached, and by which host */
  readonly since: string;
  readonly by: Host;
  readonly createdAt: string;
  readonly createdBy: Host;
  /** The folder was there before the record: its owner and mode are not ours to change, nor is it ours to delete. */
  readonly adopted: boolean;
  readonly options: VolumeOptions;
}

export function newRecord(folder: string, options: VolumeOptions, adopted: boolean, by: Host, now: Date): VolumeRecord {
  const at = now.toISOString();
  const state: RecordState = adopted ? 'ready' : 'creating';
  return { version: 1, id: randomUUID(), folder, state, since: at, by, createdAt: at, createdBy: by, adopted, options };
}

export function inState(record: VolumeRecord, state: RecordState, by: Host, now: Date): VolumeRecord {
  return { ...record, state, by, since: now.toISOString() };
}

export function recordText(record: VolumeRecord): string {
  return `${JSON.stringify(record, undefined, 1)}\n`;
}

/** A text that is not a whole record is an error, never "no record". */
export function parseRecord(text: string, folder: string): VolumeRecord | { readonly problem: string } {
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
  if (record['folder'] !== folder) return { problem: 'it names another folder' };
  if (!['creating', 'ready', 'removing'].includes(record['state'] as string))
    return { problem: 'its state is unknown' };
  for (const key of ['id', 'since', 'createdAt']) {
    if (typeof record[key] !== 'string') return { problem: `"${key}" is missing` };
  }
  if (Number.isNaN(Date.parse(record['createdAt'] as string))) return { problem: '"createdAt" is no time' };
  if (typeof record['adopted'] !== 'boolean') return { problem: '"adopted" is missing' };
  if (!isHost(record['by']) || !isHost(record['createdBy'])) return { problem: 'the host is missing' };
  if (typeof record['options'] !== 'object' || record['options'] === null) return { problem: '"options" is missing' };
  return parsed as VolumeRecord;
}

export function isRecord(parsed: VolumeRecord | { readonly problem: string }): parsed is VolumeRecord {
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
