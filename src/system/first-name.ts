// A new file with all of its text in it, of which two hosts that make it at once exactly one is told that it did: for
// servers that have no hard links (Azure Files, a FAT disk behind Samba).
//
// What is left there is that a folder can't be renamed onto one with something in it. So each host puts its text into a
// folder of its own and renames that to the one name all of them want, the claim. Whoever has the claim, and nobody else,
// may give the text its final name. One who is cut short is helped by the next: every name is used by one text only, so
// help that comes late, or twice, finds nothing to do.

import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path/posix';
import { errnoOf } from '../errors.ts';
import type { FileWork } from './file-operations.ts';

type Needed = Pick<
  FileWork,
  'makeFolder' | 'writeNew' | 'inspect' | 'list' | 'rename' | 'removeFile' | 'removeEmptyFolder'
>;

const MOST_TRIES = 50;

export async function nameFirst(files: Needed, to: string, text: string): Promise<boolean> {
  const token = randomUUID();
  const beside = (suffix: string) => `${dirname(to)}/.${basename(to).slice(0, 80)}.${suffix}`;
  const [own, claim] = [beside(token), beside('claim')];
  await files.makeFolder(own, 0o755);
  let inode: string | undefined;
  try {
    await files.writeNew(`${own}/${token}`, text);
    // A file keeps its number when it is renamed, by whomever.
    inode = (await files.inspect(`${own}/${token}`))?.inode;
    if (!(await getClaim(files, own, claim, to))) return false;
  } finally {
    await files.removeFile(`${own}/${token}`).catch(() => {});
    await files.removeEmptyFolder(own).catch(() => {});
  }
  await publish(files, `${claim}/${token}`, to);
  return inode !== undefined && (await files.inspect(to))?.inode === inode;
}

/** false: there is a file of the name already. */
async function getClaim(files: Needed, own: string, claim: string, to: string): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    if ((await files.inspect(to)) !== undefined) return false;
    try {
      await files.rename(own, claim);
      return true;
    } catch (error) {
      if (tries === MOST_TRIES || !['EEXIST', 'ENOTEMPTY', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? ''))
        throw error;
      await help(files, claim, to);
    }
  }
}

async function publish(files: Needed, from: string, to: string): Promise<void> {
  try {
    // One may have been made between our look and our claim; or ours, by somebody who has helped.
    if ((await files.inspect(to)) === undefined) await unlessGone(() => files.rename(from, to), undefined);
    else await files.removeFile(from);
  } finally {
    await files.removeEmptyFolder(dirname(from)).catch(() => {});
  }
}

/** What its owner was about to do, whether or not it is still at work. */
async function help(files: Needed, claim: string, to: string): Promise<void> {
  for (const { name } of await unlessGone(() => files.list(claim), [])) {
    if ((await files.inspect(to)) === undefined)
      await unlessGone(() => files.rename(`${claim}/${name}`, to), undefined);
    else await files.removeFile(`${claim}/${name}`);
  }
  await files.removeEmptyFolder(claim).catch(() => {});
}

async function unlessGone<T>(act: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
