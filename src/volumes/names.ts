// What a volume may be called. Docker checks nothing: "..", NUL, newlines and 300 characters all arrive here.

import { Failure } from '../errors.ts';
import { LABEL } from '../remotes/remote-dir.ts';

const FOLDER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** A name as the user writes it; without a label it means the only remote dir. */
export interface ParsedName {
  readonly folder: string;
  readonly label: string | undefined;
}

/** One volume: a folder on the share of a remote dir. */
export interface VolumeRef {
  readonly label: string;
  readonly folder: string;
}

export function parseName(name: string): ParsedName {
  const at = name.lastIndexOf('@');
  const folder = at < 0 ? name : name.slice(0, at);
  const label = at < 0 ? undefined : name.slice(at + 1);
  if (name === '') throw new Failure('InvalidName', { name, problem: 'it is empty' });
  if (!FOLDER.test(folder)) throw new Failure('InvalidName', { name, problem: whatIsWrong(folder) });
  if (isReserved(folder))
    throw new Failure('InvalidName', { name, problem: `"${folder}" is a name file servers use for themselves` });
  if (label !== undefined && !LABEL.test(label)) {
    throw new Failure('InvalidName', {
      name,
      problem: 'what follows "@" is no label (lower-case letters, digits, "_", "." and "-")',
    });
  }
  return { folder, label };
}

export function fullName(ref: VolumeRef): string {
  return `${ref.folder}@${ref.label}`;
}

/** Docker's own names for volumes nobody named: they are removed with their container and never missed. */
export function isAnonymous(folder: string): boolean {
  return /^[0-9a-f]{64}$/.test(folder);
}

/** Folders of a root that are never volumes, whoever made them. Hidden ones are not even valid names. */
function isReserved(folder: string): boolean {
  return ['lost+found', 'System Volume Information'].includes(folder) || /^[@#$.~]/.test(folder);
}

/** A folder of the share's that may be listed as a volume: its name has to be one. */
export function isVolumeName(folder: string): boolean {
  return FOLDER.test(folder) && !isReserved(folder);
}

function whatIsWrong(folder: string): string {
  if (folder === '') return 'there is nothing before "@"';
  if (folder.length > 128) return `it is ${folder.length} characters long`;
  if (folder.includes('/')) return 'it contains "/"';
  if (!/^[A-Za-z0-9]/.test(folder)) return 'it does not begin with a letter or a digit';
  return 'it contains a character that is not allowed';
}
