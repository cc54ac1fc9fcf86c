// On SMB a name that differs from another only in capital and small letters is that other one, on most servers. On the rest
// it is not, and so no volume is called so on any of them.

import { driverFor } from '../drivers/registry.ts';
import { Failure } from '../errors.ts';
import type { RemoteDir } from '../remotes/remote-dir.ts';
import { OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';

/** Before anything is asked of the share under the name: it might answer for another. */
export async function refuseForProtocol(files: FileWork, { type }: RemoteDir, folder: string): Promise<void> {
  const { refuseName, foldsCase } = driverFor(type);
  const problem = refuseName?.(folder) ?? (foldsCase === true ? await sameButForCase(files, folder) : undefined);
  if (problem !== undefined) throw new Failure('InvalidName', { name: folder, problem });
}

/** Of all that stands in the root or has a record, whatever it is. */
async function sameButForCase(files: FileWork, folder: string): Promise<string | undefined> {
  const records = (await files.list(`${OURS}/volumes`)).map(({ name }) => name.replace(/\.json$/, ''));
  const folders = (await files.list('')).map(({ name }) => name);
  const other = [...records, ...folders].find(name => differsInCaseOnly(name, folder));
  return other === undefined
    ? undefined
    : `there is "${other}" already, and SMB does not tell names apart by capital and small letters`;
}

export const differsInCaseOnly = (one: string, other: string) =>
  one !== other && one.toLowerCase() === other.toLowerCase();
