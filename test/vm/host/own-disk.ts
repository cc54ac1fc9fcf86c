// A copy of a disk for a VM that is switched off and on again and has to find what it wrote.

import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export async function withDiskOfItsOwn<T>(disk: string, work: (copy: string) => Promise<T>): Promise<T> {
  // Not a name that begins like the disk's: another run would take it for a disk that nobody needs any more.
  const copy = join(dirname(disk), `own-disk-${process.pid}.img`);
  try {
    await execa('cp', ['--sparse=always', '--reflink=auto', disk, copy], { timeout: 120_000 });
    await giveJournal(copy);
    return await work(copy);
  } finally {
    rmSync(copy, { force: true });
  }
}

/** As every file server's disk has one: without it, what was synced may still be lost in a power cut. */
async function giveJournal(disk: string): Promise<void> {
  const options = { timeout: 120_000, reject: false };
  // 1: something was put right. The disk comes from a VM that was switched off without unmounting it.
  const check = await execa('e2fsck', ['-fp', disk], options);
  if (check.exitCode !== 0 && check.exitCode !== 1) throw new Error(`e2fsck: ${check.stdout} ${check.stderr}`);
  await execa('tune2fs', ['-j', disk], { timeout: 120_000 });
}

/** What a life of the VM says that the next one has to find: a file that the VM wrote outside its disk. */
export function leftBy(earlier: { readonly folder: string } | undefined): Readonly<Record<string, string>> {
  const file = join(earlier?.folder ?? '', 'out/for-the-next-life.jsonl');
  return earlier !== undefined && existsSync(file) ? { 'from-the-last-life.jsonl': file } : {};
}
