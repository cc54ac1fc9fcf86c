// How a login gets to a mount helper: as a file that root alone can read, in a folder in memory that nobody else sees, for
// as long as the helper runs. Arguments and environments are read by everybody on the host.

import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, constants, mkdirSync, openSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, printable, reasonOf } from '../errors.ts';
import { joinInside } from '../system/safe-path.ts';
import { Secret } from '../system/secret.ts';
import { type KnownLogin, readCredentials } from './credentials-text.ts';
import type { Login } from './mount-plan.ts';

export interface CredentialsParts {
  /** In the private folder of ours, which is memory. */
  readonly folder: string;
  /** The settable mount: a folder of files, or one file. */
  readonly source: string;
}

/** The login cannot be had, in words that follow "… cannot be mounted: ". */
export class NoLogin extends Error {}

export class Credentials {
  readonly #parts: CredentialsParts;

  constructor(parts: CredentialsParts) {
    this.#parts = parts;
  }

  /** What an earlier life may have left, when it was killed in the middle of a mount. */
  clear(): void {
    rmSync(this.#parts.folder, { recursive: true, force: true });
  }

  async with<T>(login: Login, act: (file: string) => Promise<T>): Promise<T> {
    const file = this.#write('file' in login ? await this.#read(login.file) : login);
    try {
      return await act(file);
    } finally {
      unlinkSync(file);
    }
  }

  /** Read anew for every mount: a password that has changed is in force at once. */
  async #read(name: string): Promise<KnownLogin> {
    const shown = `the credentials file "${printable(name)}"`;
    let text: Secret;
    try {
      text = await readFromMount(this.#parts.source, name);
    } catch (error) {
      throw new NoLogin(`${shown} cannot be read: ${reasonOf(error)}${hintFor(this.#parts.source, name, error)}`);
    }
    const read = readCredentials(text);
    if ('problem' in read) throw new NoLogin(`${shown} ${read.problem}`);
    return read;
  }

  #write({ user, password, domain }: KnownLogin): string {
    const { folder } = this.#parts;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const file = join(folder, randomUUID());
    const lines = [
      `username=${user}`,
      `password=${password.reveal()}`,
      ...(domain === undefined ? [] : [`domain=${domain}`]),
    ];
    const handle = openSync(file, 'wx', 0o600);
    try {
      writeSync(handle, `${lines.join('\n')}\n`);
    } catch (error) {
      unlinkSync(file);
      throw error;
    } finally {
      closeSync(handle);
    }
    return file;
  }
}

/** A file below the settable mount; `.` is the mount itself. */
export const readFromMount = (source: string, name: string): Promise<Secret> =>
  readSmall(name === '.' ? source : joinInside(source, name));

/** What to do about a file that could not be read there, as the end of a sentence. */
export function hintFor(source: string, name: string, error: unknown): string {
  const mount = statSync(source, { throwIfNoEntry: false });
  if (mount === undefined || !(mount.isFile() || mount.isDirectory()))
    return '; the mount "credentials" is not set: set credentials.source of the plugin to a file or folder of this host';
  if (name !== '.' && mount.isFile()) return '; the mount "credentials" is one file: its name here is "."';
  if (name === '.' && mount.isDirectory()) return '; the mount "credentials" is a folder: name a file in it';
  return errnoOf(error) === 'ENOENT' ? '; it is looked for in the folder that the mount "credentials" shows' : '';
}

const LARGEST = 64 * 1024;

/** Whoever may write there could put a fifo or a device in the file's place: neither keeps us waiting. */
async function readSmall(path: string): Promise<Secret> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size > LARGEST) throw new Error(`it is larger than ${LARGEST} bytes`);
    return new Secret(await handle.readFile('utf8'));
  } finally {
    await handle.close();
  }
}
