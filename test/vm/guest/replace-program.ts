// Puts another program into the plugin on the disk: how a defect that was planted on purpose gets into the VM without
// making a plugin of it.

import { copyFileSync, existsSync, readdirSync } from 'node:fs';

export function replaceProgram(program: string, dockerData: string): void {
  if (!existsSync(program)) return;
  const places = readdirSync(`${dockerData}/plugins`)
    .map(id => `${dockerData}/plugins/${id}/rootfs/nfs-shared/nfs-shared.mjs`)
    .filter(path => existsSync(path));
  const [place, ...more] = places;
  if (place === undefined || more.length > 0) throw new Error(`not one program of the plugin, but ${places.length}`);
  copyFileSync(program, place);
}
