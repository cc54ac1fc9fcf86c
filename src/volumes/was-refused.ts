// Did a share say no, so that what was asked for will not happen any more? Of a call that timed out, or came back with an
// error of the disk or the network, nobody knows.

import { errnoOf, isFailure } from '../errors.ts';

export function wasRefused(error: unknown): boolean {
  if (isFailure(error, 'OwnerRefused', 'NotAdoptable')) return true;
  return [
    'EACCES',
    'EPERM',
    'EROFS',
    'ENOSPC',
    'EDQUOT',
    'ENAMETOOLONG',
    'EINVAL',
    'ENOTDIR',
    'ELOOP',
    'EMLINK',
  ].includes(errnoOf(error) ?? '');
}
