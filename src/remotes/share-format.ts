// What makes a folder a root of ours: `.nfs-shared/format.json` with the id of the share, and the folders beside it.

import { randomUUID } from 'node:crypto';
import { errnoOf } from '../errors.ts';
import type { FileWork, Kind } from '../system/file-work.ts';

export const OURS = '.nfs-shared';
const FORMAT_FILE = `${OURS}/format.json`;
const FORMAT_VERSION = 1;
/** Empty folders, made while there is room: a volume on its way out needs one, also on a full disk. */
export const SPARES = ['spare', 'spare-2', 'spare-3', 'spare-4'];
const FOLDERS = ['volumes', 'attachments', 'hosts', 'trash', ...SPARES];

export type Found =
  | { readonly what: 'share'; readonly id: string }
  | { readonly what: 'nothing' }
  /** The same, with no file or folder in it; told apart only where that is asked for */
  | { readonly what: 'empty' }
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

/** Without an id, all there is to know a share by is that it holds something. */
export async function recogniseNameless(files: FileWork): Promise<Found> {
  const found = await recognise(files);
  return found.what === 'nothing' && (await files.isEmpty('')) ? { what: 'empty' } : found;
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

/** On a share that can only be read there may be nothing of ours at all. Where there is something, all of it has to be. */
export async function listIfOurs(files: FileWork, path: string): Promise<{ name: string; kind: Kind }[]> {
  try {
    return await files.list(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && (await files.inspect(OURS)) === undefined) return [];
    throw error;
  }
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
