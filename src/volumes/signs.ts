// What hosts tell each other about a volume: files in .nfs-shared/attachments/<volume>/ that say everything by their names.
// Each is made once and taken away by exactly its name, so a call whose answer was lost, or which the server carries out
// minutes later, can do nothing to what has come since.
//
//   attached.<host id>.<token>     this host has containers with the volume
//   creating.<record id>           the folder of this record is not made yet
//   removing.<record id>.<token>   somebody is about to remove the volume of this record

import { errnoOf, Failure } from '../errors.ts';
import { OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import type { ProcessMark } from '../system/process-mark.ts';
import type { Host, VolumeRecord } from './record.ts';

const UUID = '[0-9a-f-]{36}';
const NAME = new RegExp(`^(?:attached\\.(${UUID})\\.${UUID}|creating\\.(${UUID})|removing\\.(${UUID})\\.${UUID})$`);

export interface Sign {
  /** Of the file: the whole of what it says */
  readonly name: string;
  /** What it is about: the host's id of an attachment, the record's id of the others */
  readonly id: string;
}

export interface Signs {
  readonly attached: readonly Sign[];
  readonly creating: readonly Sign[];
  readonly removing: readonly Sign[];
}

/** For people: lost when the disk was full, and nothing depends on it. */
export interface SignText {
  readonly host: Host;
  readonly since: string;
  readonly process?: ProcessMark | undefined;
}

export const signNames = {
  attached: (hostId: string, token: string) => `attached.${hostId}.${token}`,
  creating: (recordId: string) => `creating.${recordId}`,
  removing: (recordId: string, token: string) => `removing.${recordId}.${token}`,
};

export async function listSigns(files: FileWork, folder: string): Promise<Signs> {
  const signs = { attached: [] as Sign[], creating: [] as Sign[], removing: [] as Sign[] };
  for (const name of await namesIn(files, folder)) {
    const [, host, made, removed] = NAME.exec(name) ?? [];
    if (host !== undefined) signs.attached.push({ name, id: host });
    if (made !== undefined) signs.creating.push({ name, id: made });
    if (removed !== undefined) signs.removing.push({ name, id: removed });
  }
  return signs;
}

export function putSign(files: FileWork, folder: string, name: string, text: SignText): Promise<void> {
  return withFolder(files, folder, () => files.makeSign(signPath(folder, name), JSON.stringify(text)));
}

/** The sign of a volume that is being made holds its record, from where it gets into its place. */
export function putCreating(files: FileWork, { id, folder }: VolumeRecord, text: string): Promise<void> {
  return withFolder(files, folder, () => files.writeNew(signPath(folder, signNames.creating(id)), text));
}

export const signPath = (folder: string, name: string) => `${at(folder)}/${name}`;

async function withFolder(files: FileWork, folder: string, put: () => Promise<void>): Promise<void> {
  // Another host may remove the folder in between, with a volume that was there before.
  for (let tries = 1; ; tries += 1) {
    try {
      await put();
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || tries === 5) throw error;
      // It stays with the volume and goes with it, so that a full disk keeps nobody from putting a sign.
      await files.makeFolder(at(folder), 0o755);
    }
  }
}

export async function takeSigns(files: FileWork, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await files.removeFile(`${at(folder)}/${name}`);
}

/** After a removal. Refused while it holds a sign of somebody who is making the volume anew. */
export async function removeSignFolder(files: FileWork, folder: string): Promise<void> {
  await files.removeEmptyFolder(at(folder)).catch(() => {});
}

export async function readSign(files: FileWork, folder: string, name: string): Promise<SignText | undefined> {
  const text = await files.readText(`${at(folder)}/${name}`).catch(() => undefined);
  try {
    const parsed = JSON.parse(text ?? '') as Partial<SignText>;
    return typeof parsed.host?.name === 'string' && typeof parsed.since === 'string' ? (parsed as SignText) : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing is begun with a volume that is on its way out. */
export async function refuseIfLeaving(files: FileWork, record: VolumeRecord, { removing }: Signs): Promise<void> {
  const sign = removing.find(({ id }) => id === record.id);
  if (sign === undefined) return;
  const text = await readSign(files, record.folder, sign.name);
  throw new Failure('BeingRemoved', { since: text?.since ?? 'recently', by: text?.host.name ?? 'not known' });
}

const at = (folder: string) => `${OURS}/attachments/${folder}`;

async function namesIn(files: FileWork, folder: string): Promise<string[]> {
  try {
    return (await files.list(at(folder))).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
