// A part of src/ as a file that Node runs without any of our tools: for tests that need it in a child.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export function bundle(source: string, outfile: string): string {
  // The command and not the library: that one does not work inside the test runner's sandbox.
  const args = [
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    `--outfile=${outfile}`,
    '--log-level=warning',
  ];
  execFileSync(join(root, 'node_modules/.bin/esbuild'), args, { cwd: root, input: source });
  return outfile;
}
