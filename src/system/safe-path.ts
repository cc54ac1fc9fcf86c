// Joins a path to the folder it must not leave. Names are checked long before; this is the last door, and it is one that
// no caller can forget, because file work knows no other way to a path.

import { join } from 'node:path';

export function joinInside(base: string, path: string): string {
  return join(base, ...partsInside(path));
}

export function partsInside(path: string): string[] {
  // A NUL ends a path for the kernel but not for JavaScript.
  if (path.includes('\0')) throw new Error('a path must not contain NUL');
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`a path must not contain "..": ${JSON.stringify(path.slice(0, 200))}`);
  return parts;
}
