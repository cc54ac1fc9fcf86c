// The plugin as it is shipped, built from the sources as they are now into a folder of the test's own: test files run side
// by side, and none may take the program away from under another.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BuiltPlugin {
  readonly program: string;
  readonly command: readonly string[];
  remove(): void;
}

const repository = join(import.meta.dirname, '..', '..');

export function buildPlugin(): BuiltPlugin {
  const folder = mkdtempSync(join(tmpdir(), 'nfs-shared-built-'));
  // The program is also run by children of other uids.
  chmodSync(folder, 0o755);
  for (const name of ['src', 'node_modules']) symlinkSync(join(repository, name), join(folder, name));
  execFileSync(process.execPath, [join(repository, 'build.mjs')], { cwd: folder, timeout: 60_000 });
  const program = join(folder, 'dist', 'nfs-shared.mjs');
  return {
    program,
    command: [process.execPath, program],
    remove: () => rmSync(folder, { recursive: true }),
  };
}
