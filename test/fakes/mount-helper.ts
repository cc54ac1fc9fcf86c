// Stands in for mount.nfs: a real program that is called as mount.nfs is (source, target, -o, options) and really mounts,
// only something that needs no server.

import { writeFileSync } from 'node:fs';

export const mountHelpers = {
  /** A tmpfs that shows the source it was asked for, read-only where that was asked for */
  works: 'case ",$4," in *,ro,*) ro=,ro;; esac; exec mount -i -n -t tmpfs -o "size=64k$ro" "$1" "$2"',
  saysYesDoesNothing: 'exit 0',
  refuses: 'echo "mount.nfs: access denied by server while mounting $1" >&2; exit 32',
  hangs: 'while :; do sleep 1; done',
  mountsThenHangs: 'mount -i -n -t tmpfs -o size=64k "$1" "$2"; while :; do sleep 1; done',
  mountsThenFails: 'mount -i -n -t tmpfs -o size=64k "$1" "$2"; echo "mount.nfs: too bad" >&2; exit 32',
  mountsSomethingElse: 'exec mount -i -n -t ramfs "$1" "$2"',
} as const;

export function writeMountHelper(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
