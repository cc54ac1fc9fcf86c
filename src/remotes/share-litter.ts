// Files that exist for a moment only, and that a crash has made last: proofs that a share can be written, questions for its
// time, texts that were about to replace others. Only names that we give ourselves, in the folders where we do so, and only
// when they are older than any call by the share's own clock.

import type { FileWork } from '../system/file-work.ts';
import { OURS } from './share-format.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const PROOF = new RegExp(`^proof-${UUID}$`);
const IN_PROOF = new RegExp(`^(?:written|\\.written\\.${UUID})$`);
const IN_OURS = new RegExp(`^\\.format\\.json\\.${UUID}$`);
const IN_HOSTS = new RegExp(`^(?:\\.time-${UUID}|\\.${UUID}\\.json\\.${UUID})$`);
const OLD_AFTER = 60 * 60_000;

/** Returns what was removed, by path. `more`: files that were found elsewhere, to be removed by the same clock. */
export async function sweepLitter(
  files: FileWork,
  timeOf: (files: FileWork) => Promise<Date>,
  more: readonly string[] = [],
): Promise<string[]> {
  const ours = await litterIn(files, OURS, IN_OURS);
  const found = [...ours, ...(await litterIn(files, `${OURS}/hosts`, IN_HOSTS)), ...more];
  const proofs = (await files.list(OURS)).filter(({ name, kind }) => kind === 'folder' && PROOF.test(name));
  // Asking for the time makes a file, too: only when there is something to be judged by it.
  if (found.length === 0 && proofs.length === 0) return [];
  const before = (await timeOf(files)).getTime() - OLD_AFTER;
  const swept: string[] = [];
  for (const path of found) if (await isOlder(files, path, before)) swept.push(await removed(files, path));
  for (const { name } of proofs) {
    const path = `${OURS}/${name}`;
    if (!(await isOlder(files, path, before))) continue;
    for (const inside of await litterIn(files, path, IN_PROOF)) await removed(files, inside);
    // Something else in it keeps it.
    await files.removeEmptyFolder(path).then(
      () => void swept.push(path),
      () => {},
    );
  }
  return swept;
}

async function litterIn(files: FileWork, folder: string, names: RegExp): Promise<string[]> {
  return (await files.list(folder))
    .filter(({ name, kind }) => kind === 'file' && names.test(name))
    .map(({ name }) => `${folder}/${name}`);
}

async function isOlder(files: FileWork, path: string, time: number): Promise<boolean> {
  const found = await files.inspect(path);
  return found !== undefined && Date.parse(found.changed) < time;
}

async function removed(files: FileWork, path: string): Promise<string> {
  await files.removeFile(path);
  return path;
}
