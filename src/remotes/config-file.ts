// Is there a config file, and what is in it?

import { readFileSync, statSync } from 'node:fs';
import { reasonOf } from '../errors.ts';

/**
 * The settable mount's source is /dev/null until somebody sets it, and Docker makes a folder of a source that is missing:
 * neither is a config file. One that is there but cannot be read is a fault, not the same as none.
 */
export function readConfigFile(path: string): { readonly text: string | undefined; readonly fault?: string } {
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    if (!file?.isFile()) return { text: undefined };
    if (file.size > LARGEST)
      return { text: undefined, fault: `the config file is larger than ${LARGEST} bytes; it was not read` };
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { text: undefined, fault: `the config file cannot be read: ${reasonOf(error)}` };
  }
}

const LARGEST = 1_048_576;
