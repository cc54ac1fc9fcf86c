// What time it is on the share: the only clock that all its hosts have in common.

import { randomUUID } from 'node:crypto';
import type { FileWork } from '../system/file-work.ts';
import { OURS } from './share-format.ts';

export async function timeOnShare(files: FileWork): Promise<Date> {
  const path = `${OURS}/hosts/.time-${randomUUID()}`;
  await files.makeSign(path, '');
  const made = await files.inspect(path);
  await files.removeFile(path);
  if (made === undefined) throw new Error('a file that was just made is not there');
  return new Date(made.changed);
}
