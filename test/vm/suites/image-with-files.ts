// An image that has folders of its own where a volume goes, and what a volume looks like when Docker is done with it.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../guest/engine.ts';

export const imageWithFiles = 'with-files:test';

/** The user that the squashed shares belong to. */
export const OWNER = 1500;

export async function makeImage(engine: Engine): Promise<void> {
  const container = await engine.keep({ volumes: [] });
  await engine.exec(container, `set -e; ${folders.join('; ')}`);
  const [repository, tag] = imageWithFiles.split(':');
  await engine.post(`/commit?container=${container}&repo=${repository}&tag=${tag}`, {});
  await engine.removeContainer(container);
}

const folders = [
  'mkdir -p /app/sub /other /empty /own /half',
  'echo from the image >/app/greeting',
  'chown 702:703 /app/greeting; chmod 0640 /app/greeting',
  'echo deeper >/app/sub/file; ln -s greeting /app/link',
  'chown 700:701 /app; chmod 0751 /app',
  'echo from another folder >/other/greeting; echo 1 >/other/extra',
  'chown 704:705 /empty; chmod 0711 /empty',
  `echo ours >/own/file; chown -R ${OWNER}:${OWNER} /own; chmod 0700 /own`,
  // One file of theirs in a folder of ours.
  `echo 1 >/half/1-ours; echo 2 >/half/2-theirs; echo 3 >/half/3-ours; chown -R ${OWNER}:${OWNER} /half; chown 0:0 /half/2-theirs`,
];

/** A line for the folder itself and for everything in it, as the server's own disk shows it. */
export function treeOf(folder: string): string[] {
  return ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort().map(name => {
    const path = join(folder, name);
    const entry = lstatSync(path);
    const owner = `${entry.uid}:${entry.gid}`;
    if (entry.isSymbolicLink()) return `${name} ${owner} -> ${readlinkSync(path)}`;
    const mode = (entry.mode & 0o7777).toString(8);
    return `${name} ${owner} ${mode} ${entry.isFile() ? readFileSync(path, 'utf8').trim() : 'folder'}`;
  });
}
