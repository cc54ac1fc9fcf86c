// The first steps on a share: who are we there, is it the right one, and may we write?
//
// Our root is nobody where the server squashes it. Then the work is done by a child with the uid the remote dir names.

import { join } from 'node:path';
import { driverFor } from '../drivers/registry.ts';
import { errnoOf, Failure, isFailure, printable, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { type FileWork, fileWork, untilLate } from '../system/file-work.ts';
import { type FileWorker, type Identity, startFileWorker } from '../system/file-worker.ts';
import { type Folders, OpenFolders } from '../system/open-folders.ts';
import { readOnlyWork } from '../system/read-only-work.ts';
import type { RemoteDir } from './remote-dir.ts';
import { checkFolders, establish, OURS, proveWritable, recognise, recogniseNameless } from './share-format.ts';
import { acceptFound, type VerdictParts } from './share-verdict.ts';

export interface EntryParts extends VerdictParts {
  readonly log: Logger;
  /** Starts this program as a file worker. */
  readonly workerCommand: readonly string[];
  readonly fileWork?: typeof fileWork;
}

/** File work for one call of a share's user. */
export interface CallWork {
  readonly files: FileWork;
  end(): void;
}

export interface Entered {
  readonly forOneCall: () => CallWork;
  readonly worker: FileWorker | undefined;
  /** Why nothing can be changed there; what is there can still be listed, looked at and mounted */
  readonly unwritable: Failure | undefined;
}

/** Once it is `over`, nothing further is begun and the children end: the mount at `base` may have gone by then. */
export async function enterShare(base: string, dir: RemoteDir, parts: EntryParts, over: AbortSignal): Promise<Entered> {
  const workAt = (folder: string, folders?: Folders) =>
    untilLate(asAllowed((parts.fileWork ?? fileWork)(folder, folders), dir), () => over.aborted);
  const root = join(base, dir.volPath);
  const files = workAt(root);
  const forOneCall = (): CallWork => {
    if (driverFor(dir.type).asksForFolders !== true) return { files, end: () => {} };
    const folders = new OpenFolders(root);
    return { files: workAt(root, folders), end: () => folders.close() };
  };
  try {
    return { forOneCall, worker: undefined, unwritable: await enterAs(undefined, workAt(base), files, dir, parts) };
  } catch (error) {
    if (!isDenied(error)) throw error;
    const owner = ownerOf(dir);
    if (owner === undefined || owner.uid === 0) throw await notWritable(files, undefined, dir, error);
    return await enterAsOwner(owner, base, root, dir, parts, over);
  }
}

/** On a server, the control mount refuses as well; a local folder has none. */
const asAllowed = (files: FileWork, dir: RemoteDir) => (dir.readOnly === true ? readOnlyWork(files) : files);

/** Undefined also where the server knows nobody of this host: then its own user is who we are, whatever our uid. */
export function ownerOf(dir: RemoteDir): Identity | undefined {
  if (driverFor(dir.type).oneOwner === true) return undefined;
  const { uid, gid } = dir;
  return uid === undefined && gid === undefined ? undefined : { uid: uid ?? 0, gid: gid ?? 0 };
}

async function enterAsOwner(
  owner: Identity,
  base: string,
  root: string,
  dir: RemoteDir,
  parts: EntryParts,
  over: AbortSignal,
): Promise<Entered> {
  const why = 'the server does not let root work there: going on as the owner of the remote dir';
  parts.log.info({ label: dir.label, ...owner }, why);
  const worker = startFileWorker(parts.workerCommand, root, owner);
  const above = dir.volPath === '' ? worker : startFileWorker(parts.workerCommand, base, owner);
  for (const each of [worker, above]) over.addEventListener('abort', () => each.stop());
  const files = asAllowed(worker.files, dir);
  try {
    const unwritable = await enterAs(owner, asAllowed(above.files, dir), files, dir, parts);
    return { forOneCall: () => ({ files, end: () => {} }), worker, unwritable };
  } catch (error) {
    const failure = isDenied(error) ? await notWritable(worker.files, owner, dir, error) : error;
    worker.stop();
    throw failure;
  } finally {
    if (above !== worker) above.stop();
  }
}

/** Throws what keeps this identity out; returns why it may only read. */
async function enterAs(
  identity: Identity | undefined,
  above: FileWork,
  files: FileWork,
  dir: RemoteDir,
  parts: EntryParts,
): Promise<Failure | undefined> {
  // Looked for before anything is made: behind a link, our folders would be made outside the share.
  const link = (await linkOnTheWay(above, dir.volPath)) ?? (await linkOnTheWay(files, OURS));
  if (link !== undefined) {
    const problem = 'is no folder, and nothing else is followed there';
    acceptFound({ what: 'damaged', file: link, problem }, dir, parts);
  }
  const readOnly = dir.readOnly === true ? readOnlyBySetting(dir) : await makeOurs(identity, above, files, dir, parts);
  if (readOnly !== undefined) {
    acceptFound(await recogniseNameless(files), dir, parts, true);
    return readOnly;
  }
  acceptFound(await recognise(files), dir, parts);
  return await whyNotWritable(identity, files, dir, parts);
}

/** What the first use of a share leaves there. Returned is why it can't be made on a share that can be read all the same. */
async function makeOurs(
  identity: Identity | undefined,
  above: FileWork,
  files: FileWork,
  dir: RemoteDir,
  parts: EntryParts,
): Promise<Failure | undefined> {
  if (parts.ids.ownId(dir.label) !== undefined) return undefined;
  try {
    const isNew = parts.ids.known(dir.label) === undefined;
    if (isNew && (await recognise(files)).what === 'no-root') await makeVolPath(above, dir.volPath);
    await establishOnce(files, dir, parts);
    return undefined;
  } catch (error) {
    if (errnoOf(error) === 'EROFS') return readOnlyByServer(dir, error);
    throw isDenied(error) ? await notWritable(files, identity, dir, error) : error;
  }
}

async function establishOnce(files: FileWork, dir: RemoteDir, parts: EntryParts): Promise<void> {
  // One that has held something and is empty now is not the share whose id is wanted.
  const found = await (parts.ids.known(dir.label) === undefined ? recognise(files) : recogniseNameless(files));
  acceptFound(found.what === 'nothing' ? await establish(files) : found, dir, parts, true);
}

/** Tries all that our work needs, and throws what is in its way. */
export async function proveChangeable(files: FileWork, dir: RemoteDir, parts: EntryParts): Promise<void> {
  if (parts.ids.ownId(dir.label) === undefined) await establishOnce(files, dir, parts);
  const broken = await checkFolders(files);
  if (broken !== undefined) acceptFound(broken, dir, parts);
  await proveWritable(files, ownerOf(dir));
}

async function whyNotWritable(
  identity: Identity | undefined,
  files: FileWork,
  dir: RemoteDir,
  parts: EntryParts,
): Promise<Failure | undefined> {
  try {
    await proveChangeable(files, dir, parts);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    // A full share proves nothing about our rights, and its volumes are used, and removed, all the same.
    if (['ENOSPC', 'EDQUOT'].includes(errno)) return undefined;
    if (!isDenied(error)) throw error;
    const failure = await notWritable(files, identity, dir, error);
    const anotherMay = errno !== 'EROFS' && identity === undefined && (ownerOf(dir)?.uid ?? 0) !== 0;
    if (anotherMay) throw failure;
    return failure;
  }
}

export const readOnlyBySetting = ({ label }: RemoteDir) => new Failure('ShareReadOnly', { label, bySetting: true });
const readOnlyByServer = ({ label }: RemoteDir, cause: unknown) =>
  new Failure('ShareReadOnly', { label, bySetting: false }, { cause });

async function notWritable(
  files: FileWork,
  identity: Identity | undefined,
  dir: RemoteDir,
  cause: unknown,
): Promise<Failure> {
  if (isFailure(cause, 'ShareNotWritable')) return cause;
  // No owner and no mode would help there.
  if (errnoOf(cause) === 'EROFS') return readOnlyByServer(dir, cause);
  const look = (path: string) => files.inspect(path).catch(() => undefined);
  const there = (await look(OURS)) ?? (await look(''));
  const fields = {
    folder: join(dir.path, dir.volPath),
    ...whoTried(identity, dir),
    tried: `${dir.readOnly === true ? 'look at the files' : 'make and change files'} (${reasonOf(cause)})`,
    owner: there?.uid,
    group: there?.gid,
    mode: there?.mode.toString(8).padStart(4, '0'),
  };
  return new Failure('ShareNotWritable', fields, { cause });
}

function whoTried(identity: Identity | undefined, { type, login }: RemoteDir): { who: string; remedy?: string } {
  if (driverFor(type).oneOwner !== true)
    return { who: identity === undefined ? 'uid 0 of this host' : `uid ${identity.uid}` };
  const remedy = 'give that user the right to write there, on the server, or use another user';
  if (login === undefined) return { who: 'a guest', remedy };
  const user = 'user' in login ? `user "${printable(login.user)}"` : `the user in "${printable(login.file)}"`;
  return { who: `${user} of the server`, remedy };
}

/** The last folders of the way to the volumes are made when the share is used for the first time. */
async function makeVolPath(above: FileWork, volPath: string): Promise<void> {
  const parts = volPath.split('/');
  for (let count = 1; count <= parts.length; count += 1) await above.makeFolder(parts.slice(0, count).join('/'), 0o755);
}

async function linkOnTheWay(above: FileWork, path: string): Promise<string | undefined> {
  const parts = path === '' ? [] : path.split('/');
  for (let count = 1; count <= parts.length; count += 1) {
    const part = parts.slice(0, count).join('/');
    const found = await above.inspect(part);
    if (found !== undefined && found.kind !== 'folder') return part;
  }
  return undefined;
}

function isDenied(error: unknown): boolean {
  return isFailure(error, 'ShareNotWritable') || ['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '');
}
