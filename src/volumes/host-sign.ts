// One file per host on a share, .nfs-shared/hosts/<host id>.json: a counter that goes on while the host holds anything
// there, and what it holds. No clock of one host is ever compared with another's.

import { errnoOf } from '../errors.ts';
import { OURS } from '../remotes/share-format.ts';
import type { FileWork } from '../system/file-work.ts';
import type { ProcessMark } from '../system/process-mark.ts';

const FOLDER = `${OURS}/hosts`;
const FILE = /^([0-9a-f-]{36})\.json$/;

export interface HostSign {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  /** Of the process that writes it: another one under the same id is another host, made by copying this one. */
  readonly life: string;
  readonly counter: number;
  /** The process that writes it, for those on the same machine */
  readonly process?: ProcessMark | undefined;
  /** By volume: how many uses it has there */
  readonly volumes: Readonly<Record<string, number>>;
}

export async function writeHostSign(files: FileWork, sign: HostSign): Promise<void> {
  await files.replaceText(pathOf(sign.id), `${JSON.stringify(sign)}\n`);
}

/** undefined: there is none, or it is not one */
export async function readHostSign(files: FileWork, id: string): Promise<HostSign | undefined> {
  return parse(await files.readText(pathOf(id)), id);
}

export async function listHosts(files: FileWork): Promise<string[]> {
  return (await files.list(FOLDER)).flatMap(({ name }) => FILE.exec(name)?.[1] ?? []);
}

export async function removeHostSign(files: FileWork, id: string): Promise<void> {
  await files.removeFile(pathOf(id));
}

/** When it was last written, by the share's own clock; undefined: there is none */
export async function hostSignTime(files: FileWork, id: string): Promise<Date | undefined> {
  const found = await files.inspect(pathOf(id));
  return found === undefined ? undefined : new Date(found.changed);
}

const pathOf = (id: string) => `${FOLDER}/${id}.json`;

function parse(text: string | undefined, id: string): HostSign | undefined {
  try {
    const sign = JSON.parse(text ?? '') as Partial<HostSign>;
    const isOne =
      sign.id === id &&
      typeof sign.name === 'string' &&
      typeof sign.life === 'string' &&
      typeof sign.counter === 'number';
    return isOne ? { ...(sign as HostSign), volumes: countsIn(sign.volumes) } : undefined;
  } catch (error) {
    if (errnoOf(error) !== undefined) throw error;
    return undefined;
  }
}

/** Written by somebody else: whatever is no number is no count. */
function countsIn(volumes: unknown): Readonly<Record<string, number>> {
  const all = typeof volumes === 'object' && volumes !== null ? Object.entries(volumes) : [];
  return Object.fromEntries(all.filter((each): each is [string, number] => typeof each[1] === 'number'));
}
