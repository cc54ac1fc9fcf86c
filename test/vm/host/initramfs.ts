// The first file system of the VM: busybox, the modules for disk and shared folders, and the script that loads them.

import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export async function makeInitramfs(image: string, guestSources: string, target: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'nfs-shared-vm-'));
  try {
    for (const folder of ['early', 'proc', 'sys', 'dev', 'disk']) mkdirSync(join(root, folder));
    copyFileSync(join(guestSources, 'early-init.sh'), join(root, 'init'));
    copyFileSync(join(image, 'busybox'), join(root, 'busybox'));
    for (const name of ['init', 'busybox']) chmodSync(join(root, name), 0o755);
    for (const name of readdirSync(join(image, 'early')))
      copyFileSync(join(image, 'early', name), join(root, 'early', name));
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
    const packed = await execa('cpio', ['--create', '--format=newc', '--quiet'], {
      cwd: root,
      input: ['.', ...names, ''].join('\n'),
      encoding: 'buffer',
    });
    writeFileSync(target, packed.stdout);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
