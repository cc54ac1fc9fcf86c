// What the options of the built-in driver say about an SMB share, `device=//nas/share/folder` and
// `o=addr=nas,credentials=office,uid=1000`. Only who we are is written otherwise here: with the built-in driver user and
// password stand in the options, which Docker keeps and shows.

import type { Login } from '../../mounts/mount-plan.ts';
import { checkPath, checkVolPath } from '../../remotes/share-path.ts';

type Fault = (problem: string) => void;

export interface SmbWords {
  readonly login: Login | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Mount options that are passed on */
  readonly args: readonly string[];
}

export function readSmbWords(words: readonly string[], fault: Fault): SmbWords {
  const named = (pattern: RegExp) => words.filter(word => pattern.test(nameOf(word)));
  if (named(LOGIN).length > 0) fault(NOT_HERE);
  const [file, ...more] = named(CREDENTIALS);
  if (more.length > 0) fault('credentials= stands in it more than once; keep one');
  const login = file === undefined ? undefined : fileIn(textOf(file), fault);
  const args = words.filter(word => !TAKEN.test(nameOf(word)));
  const isKnown = file !== undefined || args.includes('guest') || args.includes('sec=none');
  if (!isKnown && named(LOGIN).length === 0)
    fault('credentials= is missing; expected credentials=FILE, a file of the mount "credentials", or guest');
  const owner = (name: string) => numberIn(name, named(new RegExp(`^${name}$`)), fault);
  return { login, uid: owner('uid'), gid: owner('gid'), args };
}

/** `//HOST/SHARE` or `//HOST/SHARE/FOLDER` */
export function readSmbDevice(text: string | undefined, fault: Fault): { host: string | undefined; path: string } {
  const [, host, rest] = /^\/\/([^/]*)(\/.+)$/.exec(text ?? '') ?? [];
  if (rest === undefined) {
    fault(`${text === undefined ? 'missing' : 'it names no share of a server'}; expected //HOST/SHARE/FOLDER`);
    return { host: undefined, path: '/' };
  }
  const checked = checkPath(rest);
  if ('fault' in checked) fault(checked.fault);
  return { host: host || undefined, path: 'path' in checked ? checked.path : '/' };
}

/** One spelling of what stands in o and is no mount option. */
export function smbWords({ login, uid, gid }: Omit<SmbWords, 'args'>): string[] {
  return [
    ...(login !== undefined && 'file' in login ? [`credentials=${login.file}`] : []),
    ...(uid === undefined ? [] : [`uid=${uid}`]),
    ...(gid === undefined ? [] : [`gid=${gid}`]),
  ];
}

// As mount.cifs tells them apart: by how they begin.
const LOGIN = /^(user(?!_xattr|s$)|pass|pw|dom|workg|wg)/;
const CREDENTIALS = /^cred/;
/** The last two are always so. */
const TAKEN = /^(user(?!_xattr|s$)|pass|pw|dom|workg|wg|cred|uid$|gid$|forceuid$|forcegid$)/;

const NOT_HERE =
  'user and password are not taken here, which Docker keeps and shows to everybody who may use it; put them into a file of the mount "credentials", and write credentials=FILE in place of them';

function fileIn(name: string, fault: Fault): Login | undefined {
  const checked = name === '.' ? { path: '.' } : checkVolPath(name);
  if ('path' in checked && checked.path !== '') return { file: checked.path };
  fault('credentials: expected the name of a file below the mount "credentials"');
  return undefined;
}

function numberIn(name: string, words: readonly string[], fault: Fault): number | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  const value = /^\d{1,10}$/.test(textOf(word)) ? Number(textOf(word)) : Number.NaN;
  if (words.length > 1) fault(`${name}= stands in it more than once; keep one`);
  else if (!(value <= 4294967294)) fault(`${name}: expected a whole number from 0 to 4294967294`);
  return value;
}

const nameOf = (word: string) => word.split('=', 1)[0] ?? '';
const textOf = (word: string) => word.slice(nameOf(word).length + 1);
