// A copy of a disk for a VM that is switched off and on again and has to find what it wrote.

import { rmSync } from 'node:fs';
import { execa } from 'execa';

export async function withDiskOfItsOwn<T>(disk: string, work: (copy: string) => Promise<T>): Promise<T> {
  const copy = `${disk}.copy-${process.pid}`;
  try {
    await execa('cp', ['--sparse=always', '--reflink=auto', disk, copy], { timeout: 120_000 });
    return await work(copy);
  } finally {
    rmSync(copy, { force: true });
  }
}
