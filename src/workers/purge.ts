// The child that deletes a removed volume: started as "nfs-shared purge ROOT PLACE", answers with one line of JSON.

import { constants, setPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { endWithParent, parentGuard } from '../system/own-child.ts';
import { removeTree } from '../system/remove-tree.ts';
import { rests } from '../system/rests.ts';

export function purge(root: string, place: string): void {
  endWithParent();
  setPriority(constants.priority.PRIORITY_LOW);
  const [guard, rest] = [parentGuard(), rests()];
  const result = removeTree(join(root, dirname(place)), basename(place), () => {
    guard();
    rest();
  });
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
