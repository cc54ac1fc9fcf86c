// Small files of this host's own memory. Synchronous on purpose: they are tiny, local, and must be readable and writable
// while every thread of the pool is stuck in a call to a dead server.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../errors.ts';

/** After this returns the file holds either the old text or the new one, whatever happens to the machine. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}`);
  const fd = openSync(temporary, 'wx', mode);
  try {
    try {
      // Not writeSync: on a nearly full disk that writes a part and calls it a success.
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncFolder(folder);
}

export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves a file that cannot be understood out of the way, so that nothing overwrites what may still be repaired by hand. */
export function setAside(path: string, now: Date): string {
  const aside = `${path}.corrupt-${now.toISOString().replaceAll(':', '')}`;
  renameSync(path, aside);
  return aside;
}

/** A rename is only safe from a power cut once the folder itself has reached the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
