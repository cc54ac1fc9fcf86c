// What time it is on the share: the only clock that all its hosts have in common.

import { randomUUID } from 'node:crypto';
import type { FileWork } from '../system/file-work.ts';
import { OURS } from './share-format.ts';

export async function timeOnShare(files: FileWork): Promise<Date> {
  const path = `${OURS}/hosts/.time-${randomUUID()}`;
  try {
    await files.makeSign(path, '');
    return await timeOf(files, path);
  } finally {
    // What cannot be removed now is swept up later, and is no reason not to know the time.
    await files.removeFile(path).catch(() => {});
  }
}

async function timeOf(files: FileWork, path: string): Promise<Date> {
  const made = await files.inspect(path);
  if (made === undefined) throw new Error('a file that was just made is not there');
  return new Date(made.changed);
}
