// The folder of a local remote dir: is it there, and does what it lies on answer?

import { stat as statFolder } from 'node:fs/promises';
import { printable, reasonOf } from '../errors.ts';
import { unlessAborted, withDeadline } from '../system/deadline.ts';
import { askOnce } from './ask-once.ts';
import { seconds } from './tcp-words.ts';

export type FolderFault = 'folder-missing' | 'not-a-folder' | 'folder-denied' | 'folder-hung' | 'cancelled';
export type FolderAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: FolderFault; readonly problem: string };
export type StatFolder = (path: string) => Promise<{ isDirectory(): boolean }>;

export interface FolderLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly stat?: StatFolder | undefined;
}

export async function probeFolder(path: string, limits: FolderLimits): Promise<FolderAnswer> {
  const folder = `the folder "${printable(path)}"`;
  const { timeoutMs, signal, stat = systemStat } = limits;
  try {
    const found = await withDeadline(unlessAborted(stat(path), signal), timeoutMs, () => new Late());
    if (found.isDirectory()) return { ok: true };
    return { ok: false, fault: 'not-a-folder', problem: `"${printable(path)}" on this host is not a folder` };
  } catch (error) {
    if (signal?.aborted) return { ok: false, fault: 'cancelled', problem: `the question for ${folder} was called off` };
    if (error instanceof Late) {
      const problem = `${folder} on this host did not answer within ${seconds(timeoutMs)} (it lies on a disk or share that hangs)`;
      return { ok: false, fault: 'folder-hung', problem };
    }
    return refused(folder, error);
  }
}

class Late extends Error {}

// It may lie on a dead network share, where a stat never comes back.
const systemStat: StatFolder = askOnce(path => statFolder(path));

function refused(folder: string, error: unknown): FolderAnswer {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return { ok: false, fault: 'folder-missing', problem: `${folder} does not exist on this host` };
  const problem = `${folder} on this host cannot be looked at: ${reasonOf(error)}`;
  return { ok: false, fault: code === 'ENOTDIR' ? 'not-a-folder' : 'folder-denied', problem };
}
