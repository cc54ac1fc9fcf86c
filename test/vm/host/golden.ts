// The disk that every suite starts from: the image's, with the plugin created in its engine exactly as "make plugin" made it.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import type { BootRequest, Outcome } from './boot.ts';
import { type Image, removeOthers } from './image.ts';

export interface GoldenParts {
  readonly cache: string;
  readonly image: Image;
  /** Folder of plugin/config.json and plugin/rootfs. */
  readonly plugin: string;
  /** The lock that "make plugin" holds while it works there. */
  readonly pluginLock: string;
  /** The guest's program: what it does to the disk is a part of the disk. */
  readonly guest: string;
  readonly boot: (request: BootRequest) => Promise<Outcome>;
}

export async function ensureGolden({ cache, image, plugin, pluginLock, guest, boot }: GoldenParts): Promise<string> {
  const archive = join(cache, `plugin-${process.pid}.tar`);
  await pack(plugin, pluginLock, archive);
  const key = createHash('sha256')
    .update(image.key)
    .update(await hashOf(archive))
    .update(await hashOf(guest));
  const disk = join(cache, `golden-${key.digest('hex').slice(0, 16)}.img`);
  removeOthers(cache, 'golden-', disk);
  if (!existsSync(disk)) {
    console.log('creating the plugin in the VM (a minute or two) …');
    const draft = `${disk}.new`;
    await execa('cp', ['--sparse=always', join(image.folder, 'disk.img'), draft]);
    const outcome = await boot({
      name: 'golden',
      disk: draft,
      keep: true,
      suites: [],
      files: { 'plugin.tar': archive },
    });
    if (!outcome.complete)
      throw new Error(`the plugin was not created in the VM: ${outcome.end}; see ${outcome.folder}`);
    renameSync(draft, disk);
  }
  rmSync(archive);
  return disk;
}

/** The same tree gives the same archive, whenever it was made. */
async function pack(plugin: string, lock: string, archive: string): Promise<void> {
  if (!existsSync(join(plugin, 'rootfs'))) throw new Error('plugin/rootfs is missing; run "make plugin"');
  const steady = ['--sort=name', '--mtime=@0', '--numeric-owner', '--format=gnu'];
  const tar = ['tar', ...steady, '-C', plugin, '-cf', archive, 'config.json', 'rootfs'];
  await execa('flock', ['-s', '-w', '900', lock, ...tar], { timeout: 20 * 60_000 });
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
