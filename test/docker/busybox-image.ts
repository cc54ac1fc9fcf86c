import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Docker } from './docker.ts';

export const image = 'busybox:test';

/** A folder of the image with a file, an owner and a mode of its own: what Docker copies into an empty volume put there. */
export const furnished = { folder: '/furnished', file: 'from-the-image', owner: 33, mode: '751' } as const;

/** An image out of the machine's static busybox: no registry is asked. */
export async function importBusybox(docker: Docker): Promise<void> {
  const work = mkdtempSync('/var/tmp/nfs-shared-image-');
  try {
    const root = join(work, 'root');
    for (const folder of ['', 'bin', 'tmp', 'etc', 'proc', 'sys', 'dev']) mkdirSync(join(root, folder));
    await execa('cp', ['/bin/busybox', join(root, 'bin/busybox')]);
    const { stdout } = await execa('/bin/busybox', ['--list']);
    for (const applet of stdout.split('\n').filter(name => name !== 'busybox'))
      symlinkSync('busybox', join(root, 'bin', applet));
    furnish(join(root, furnished.folder));
    const archive = join(work, 'image.tar');
    await execa('tar', ['-C', root, '-cf', archive, '.']);
    await docker('import', archive, image);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function furnish(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, furnished.file), 'made with the image\n');
  chownSync(folder, furnished.owner, furnished.owner);
  chmodSync(folder, Number.parseInt(furnished.mode, 8));
}
