// The disk, kernel and modules the VM starts from: made once for what goes into them, and found again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

export interface Image {
  /** Names what went into it. */
  readonly key: string;
  readonly folder: string;
}

/** Packages are taken as they are on the day; a fresh build now and then keeps them from growing old. */
export async function ensureImage(sources: string, cache: string): Promise<Image> {
  const key = keyOf(sources);
  const folder = join(cache, `image-${key}`);
  if (!existsSync(folder)) {
    console.log('making the VM image from Debian packages (about a minute) …');
    mkdirSync(cache, { recursive: true });
    await execa('sh', [join(sources, 'build.sh'), folder], { stdio: 'inherit', timeout: 15 * 60_000 });
  }
  removeOthers(cache, 'image-', folder);
  return { key, folder };
}

function keyOf(sources: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Nearly a gigabyte each: only the one in use is kept. */
export function removeOthers(cache: string, prefix: string, keep: string): void {
  for (const name of readdirSync(cache).filter(each => each.startsWith(prefix))) {
    const path = join(cache, name);
    if (path !== keep) rmSync(path, { recursive: true, force: true });
  }
}
