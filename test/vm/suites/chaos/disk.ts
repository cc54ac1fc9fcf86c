// What lies on the server's disk.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Written } from './journal.ts';

const HIDDEN = '.nfs-shared';
const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
const ours = (label: string, folder: string) => `/srv/${label}/${HIDDEN}/${folder}`;

/** What is wrong with the files that were synced: each has to be there once, in a volume or in trash, as it was written. */
export function wrongFiles(labels: readonly string[], written: readonly Written[]): string[] {
  const places = new Map(labels.map(label => [label, filesOn(label)]));
  return written.flatMap(({ volume, file, sha256 }) => {
    const found = places.get(volume.split('@')[1] ?? '')?.get(file) ?? [];
    const [only] = found;
    if (only === undefined || found.length > 1)
      return [`${file} of ${volume} is there ${found.length} times: ${found.join(', ')}`];
    const hash = createHash('sha256').update(readFileSync(only)).digest('hex');
    return hash === sha256 ? [] : [`${only} of ${volume} is not what was written`];
  });
}

function filesOn(label: string): Map<string, string[]> {
  const root = `/srv/${label}`;
  const volumes = list(root).filter(name => name !== HIDDEN);
  const folders = [
    ...volumes.map(name => `${root}/${name}`),
    ...list(ours(label, 'trash')).map(name => `${ours(label, 'trash')}/${name}/data`),
  ];
  const found = new Map<string, string[]>();
  for (const folder of folders)
    for (const file of list(folder)) found.set(file, [...(found.get(file) ?? []), join(folder, file)]);
  return found;
}

/** Of every record on the share. */
export function recordsOn(label: string): string[] {
  return list(ours(label, 'volumes'))
    .filter(name => name.endsWith('.json') && !name.startsWith('.'))
    .map(name => `${name.slice(0, -'.json'.length)}@${label}`);
}

/** Signs that a volume is being made or removed, and removals that have got as far as the trash. */
export function begunOn(label: string): { volume: string; sign: string }[] {
  const signs = list(ours(label, 'attachments')).flatMap(folder =>
    list(`${ours(label, 'attachments')}/${folder}`)
      .filter(name => !name.startsWith('attached.'))
      .map(sign => ({ volume: `${folder}@${label}`, sign })),
  );
  const leaving = list(ours(label, 'trash')).flatMap(name => {
    const folder = /^[0-9a-f-]{36}-(.+)\.leaving$/.exec(name)?.[1];
    return folder === undefined ? [] : [{ volume: `${folder}@${label}`, sign: name }];
  });
  return [...signs, ...leaving];
}

export function attachedOn(label: string): string[] {
  return list(ours(label, 'attachments')).flatMap(folder =>
    list(`${ours(label, 'attachments')}/${folder}`)
      .filter(name => name.startsWith('attached.'))
      .map(name => `${folder}@${label} ${name}`),
  );
}

/** All that is there besides removed volumes, when no volume is left. */
export function leftOn(label: string): string[] {
  const root = `/srv/${label}`;
  return [
    ...list(root).filter(name => name !== HIDDEN),
    ...list(ours(label, 'volumes')).filter(name => name.endsWith('.json') && !name.startsWith('.')),
    ...begunOn(label).map(({ volume, sign }) => `${volume} ${sign}`),
    ...attachedOn(label),
    ...list(ours(label, 'trash')).filter(name => /^(?:purging|restoring)-/.test(name)),
  ].map(each => `${label}: ${each}`);
}

/** What is of no meaning to anybody and stays: parts of files that were to be written, folders of signs without a sign. */
export function litterOn(label: string): string[] {
  return [
    ...['volumes', 'hosts'].flatMap(folder => list(ours(label, folder)).filter(name => name.startsWith('.'))),
    ...list(ours(label, 'attachments')).filter(folder => list(`${ours(label, 'attachments')}/${folder}`).length === 0),
  ].map(each => `${label}: ${each}`);
}
