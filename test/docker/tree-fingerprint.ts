import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** One line for everything in a folder: name, kind, mode, owner, time of change, content. Equal trees have equal lines. */
export function treeFingerprint(folder: string, leaveOut: readonly string[] = []): string[] {
  return below(folder, '').filter(line => !leaveOut.some(name => line.includes(name)));
}

function below(root: string, path: string): string[] {
  const stat = lstatSync(join(root, path), { bigint: true });
  const line = [
    path === '' ? '.' : path,
    stat.mode.toString(8),
    stat.uid,
    stat.gid,
    stat.mtimeNs,
    contentOf(join(root, path)),
  ].join(' ');
  if (!stat.isDirectory()) return [line];
  return [
    line,
    ...readdirSync(join(root, path))
      .sort()
      .flatMap(name => below(root, join(path, name))),
  ];
}

function contentOf(file: string): string {
  const stat = lstatSync(file);
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(file)}`;
  if (!stat.isFile()) return '';
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
