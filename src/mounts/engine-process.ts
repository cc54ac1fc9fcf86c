// Is Docker's engine among the processes that can be seen from here?

import { readdirSync, readFileSync } from 'node:fs';

export function isEngineThere(proc = '/proc'): boolean {
  return readdirSync(proc).some(name => /^\d+$/.test(name) && nameOf(`${proc}/${name}/comm`) === 'dockerd');
}

function nameOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // It has ended in the meantime.
    return '';
  }
}
