// On a full disk no folder can be made, and removing a volume is what would help: a few were made beforehand.

import { errnoOf } from '../errors.ts';
import { OURS, SPARES } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';

const paths = SPARES.map(name => `${OURS}/${name}`);

/** Makes the folder, of a spare one where it has to be. */
export async function makeFolderForSure(files: FileWork, path: string): Promise<void> {
  try {
    await files.makeFolder(path, 0o755);
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')) throw error;
    for (const spare of paths) if (await isMoved(files, spare, path)) return;
    throw error;
  }
}

/** After room has become free: what was used is made again. */
export async function makeSpares(files: FileWork): Promise<void> {
  for (const path of paths) await files.makeFolder(path, 0o755).catch(() => {});
}

async function isMoved(files: FileWork, spare: string, path: string): Promise<boolean> {
  try {
    await files.rename(spare, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
