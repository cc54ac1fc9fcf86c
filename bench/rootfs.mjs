// What the plugin takes on disk, where "make plugin" has been run.

import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const rootfs = join(import.meta.dirname, '..', 'plugin', 'rootfs');

/** @returns {string[][]} */
export function rootfsSize() {
  if (statSync(rootfs, { throwIfNoEntry: false }) === undefined) return [['root file system', 'not made; make plugin']];
  return [['root file system', `${Math.ceil(bytesIn(rootfs) / 1024 / 1024)} MB`]];
}

/**
 * @param {string} folder
 * @returns {number}
 */
function bytesIn(folder) {
  const sizes = readdirSync(folder).map(name => {
    const found = lstatSync(join(folder, name));
    return found.isDirectory() ? bytesIn(join(folder, name)) : found.blocks * 512;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
