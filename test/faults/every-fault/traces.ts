// What lies on the share of one volume: where its content is, its record, and what is said about it. Read from the folder
// itself, past the plugin.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, parseRecord, type VolumeRecord } from '../../../src/volumes/record.ts';

export const CONTENT = 'what nobody may lose\n';

export interface Traces {
  /** The folders that hold the content, as paths below the root */
  readonly content: readonly string[];
  /** A text under the record's name that is none is told apart: there must never be one. */
  readonly record: VolumeRecord | 'unreadable' | undefined;
  readonly isHalfMade: boolean;
  /** The beginnings of the signs' names; those of records that are not there say nothing */
  readonly signs: readonly string[];
  /** Of the entries of this volume that are on their way in or out of trash */
  readonly underWay: readonly string[];
}

export function tracesOf(share: string, volume: string): Traces {
  const record = recordOf(share, volume);
  const at = join(share, '.nfs-shared/attachments', volume);
  const names = existsSync(at) ? readdirSync(at) : [];
  const id = typeof record === 'object' ? record.id : 'none';
  const signs = names.filter(name => name.startsWith('attached.') || name.includes(id));
  return {
    content: placesOfContent(share, volume),
    record,
    isHalfMade: signs.some(name => name.startsWith('creating.')),
    signs: signs.map(name => name.replace(/\..*/, '')),
    underWay: inTrash(share, volume).filter(name => name.endsWith('.leaving') || name.startsWith('restoring.')),
  };
}

export function inTrash(share: string, volume: string): string[] {
  return readdirSync(join(share, '.nfs-shared/trash')).filter(name =>
    new RegExp(`-${volume}(?:\\.leaving)?$`).test(name),
  );
}

function placesOfContent(share: string, volume: string): string[] {
  const places = [volume, ...inTrash(share, volume).map(name => `.nfs-shared/trash/${name}/data`)];
  const beside = readdirSync(share).filter(name => name.startsWith('.nfs-shared-') && name.endsWith(`-${volume}`));
  return [...places, ...beside].filter(place => {
    const file = join(share, place, 'data');
    return existsSync(file) && statSync(file).isFile() && readFileSync(file, 'utf8') === CONTENT;
  });
}

function recordOf(share: string, volume: string): VolumeRecord | 'unreadable' | undefined {
  const file = join(share, '.nfs-shared/volumes', `${volume}.json`);
  if (!existsSync(file)) return undefined;
  const record = parseRecord(readFileSync(file, 'utf8'), volume);
  return isRecord(record) ? record : 'unreadable';
}
