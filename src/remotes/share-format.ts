// What makes a folder a root of ours: `.nfs-shared/format.json` with the id of the share, and the folders beside it.

import { randomUUID } from 'node:crypto';
import type { FileWork } from '../system/file-work.ts';

export const OURS = '.nfs-shared';
const FORMAT_FILE = `${OURS}/format.json`;
const FORMAT_VERSION = 1;
/** Empty folders, made while there is room: a volume on its way out needs one, also on a full disk. */
export const SPARES = ['spare', 'spare-2', 'spare-3', 'spare-4'];
const FOLDERS = ['volumes', 'attachments', 'hosts', 'trash', ...SPARES];

export type Found =
  | { readonly what: 'share'; readonly id: string }
  | { readonly what: 'nothing' }
  | { readonly what: 'no-root' }
  | { readonly what: 'newer'; readonly version: string }
  | { readonly what: 'damaged'; readonly file: string; readonly problem: string };

export async function recognise(files: FileWork): Promise<Found> {
  const text = await files.readText(FORMAT_FILE);
  if (text !== undefined) return parseFormat(text);
  const root = await files.inspect('');
  if (root === undefined) return { what: 'no-root' };
  return root.kind === 'folder'
    ? { what: 'nothing' }
    : { what: 'damaged', file: '.', problem: `is no folder but a ${root.kind}` };
}

/** Makes the root ours, once: of several hosts that do it at the same moment one wins and the others read its id. */
export async function establish(files: FileWork): Promise<Found> {
  await files.makeFolder(OURS, 0o755);
  for (const name of FOLDERS) await files.makeFolder(`${OURS}/${name}`, 0o755);
  await files.createText(FORMAT_FILE, `${JSON.stringify({ version: FORMAT_VERSION, id: randomUUID() })}\n`);
  return await recognise(files);
}

/** The folders we write to must be folders: a link in place of one would lead our work somewhere else. */
export async function checkFolders(files: FileWork): Promise<Found | undefined> {
  for (const path of [OURS, ...FOLDERS.map(name => `${OURS}/${name}`)]) {
    const found = await files.inspect(path);
    if (found === undefined) await files.makeFolder(path, 0o755);
    else if (found.kind !== 'folder')
      return { what: 'damaged', file: path, problem: `is no folder but a ${found.kind}` };
  }
  return undefined;
}

/** Everything our work needs, tried for real where it will be done: make, write, sync, rename, give away, remove. */
export async function proveWritable(files: FileWork, owner: { uid: number; gid: number } | undefined): Promise<void> {
  const probe = `${OURS}/proof-${randomUUID()}`;
  await files.makeFolder(probe, 0o755);
  try {
    await files.replaceText(`${probe}/written`, 'written\n');
    await files.removeFile(`${probe}/written`);
    if (owner !== undefined) await files.setOwner(probe, owner.uid, owner.gid);
  } finally {
    await files.removeEmptyFolder(probe);
  }
}

function parseFormat(text: string): Found {
  const damaged = (problem: string): Found => ({ what: 'damaged', file: FORMAT_FILE, problem });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return damaged('is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) return damaged('is not a JSON object');
  const { version, id } = parsed as { version?: unknown; id?: unknown };
  if (version !== FORMAT_VERSION)
    return typeof version === 'number' && version > FORMAT_VERSION
      ? { what: 'newer', version: String(version) }
      : damaged('has no known version');
  if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id)) return damaged('has no id');
  return { what: 'share', id };
}
