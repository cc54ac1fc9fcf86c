// Which process was the last one to serve a folder of ours: noted in memory, at once and before anything slower, since whoever
// is killed right after a start must not leave a process that nobody knows of.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessMark } from '../system/process-mark.ts';

const NAME = 'process.json';

export function noteProcess(folder: string, mark: ProcessMark | undefined): void {
  if (mark !== undefined) writeFileSync(join(folder, NAME), JSON.stringify(mark), { mode: 0o600 });
}

/** Those noted in the folders below this one. What cannot be read is none. */
export function notedProcesses(above: string): ProcessMark[] {
  return names(above).flatMap(name => {
    try {
      return [JSON.parse(readFileSync(join(above, name, NAME), 'utf8')) as ProcessMark];
    } catch {
      return [];
    }
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
