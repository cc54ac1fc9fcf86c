// Docker makes the top folder of a plugin's file system for root alone, whatever its archive says. A child of ours that
// works under another uid could not even be started there: the way to every program leads through that folder.

import { chmodSync, statSync } from 'node:fs';

/** Afterwards every uid can pass through the folder. What lies in it is not shown. */
export function letOthersPass(folder: string): void {
  const mode = statSync(folder).mode & 0o7777;
  if ((mode & 0o011) !== 0o011) chmodSync(folder, mode | 0o011);
}
