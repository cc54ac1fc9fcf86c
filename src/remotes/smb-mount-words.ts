// What mount.cifs says, in words a person can do something with. Pure: what has to be asked for is in explain-smb.ts.

import { Failure, printable } from '../errors.ts';
import type { HelperMount } from '../mounts/mount-plan.ts';

export interface SmbParts {
  readonly host: string;
  readonly share: string;
  /** Below the share; '' for the share itself. */
  readonly folder: string;
  readonly port: number;
  /** The version that the mount options insist on. */
  readonly asked: string | undefined;
}

/** `//host/share/folder` and what the options say. */
export function smbPartsOf({ source, options }: Pick<HelperMount, 'source' | 'options'>): SmbParts {
  const [host = '', share = '', ...folder] = source.slice(2).split('/');
  const value = (name: string) => options.find(option => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const asked = value('vers');
  return {
    host,
    share,
    folder: folder.join('/'),
    port: Number(value('port') ?? 445),
    asked: asked === 'default' ? undefined : asked,
  };
}

/** `mount error(13): Permission denied` */
export function errorNumber(stderr: string): number | undefined {
  const found = /mount error\((\d+)\)/.exec(stderr);
  return found === null ? undefined : Number(found[1]);
}

export function explainSmbFailure(plan: HelperMount, parts: SmbParts, stderr: string): Failure | string {
  const number = errorNumber(stderr);
  const login = number === undefined ? undefined : loginErrors.get(number);
  if (login !== undefined) return loginRefused(plan, parts, login === 'expired');
  const words = rules.find(([pattern]) => (typeof pattern === 'number' ? pattern === number : pattern.test(stderr)));
  return words === undefined ? inItsOwnWords(stderr) : words[1](parts);
}

// EACCES; EKEYEXPIRED and EKEYREVOKED, which the kernel makes of expired and locked accounts.
const loginErrors = new Map([
  [13, 'wrong'],
  [127, 'expired'],
  [128, 'expired'],
]);

function loginRefused(plan: HelperMount, { host }: SmbParts, expired: boolean): Failure {
  return new Failure('LoginRefused', { source: plan.source, server: host, who: whoIn(plan), expired });
}

export function whoIn({ login }: Pick<HelperMount, 'login'>): string {
  if (login === undefined) return 'guests';
  return 'file' in login
    ? `the user in the credentials file "${printable(login.file)}"`
    : `user "${printable(login.user)}"`;
}

const rules: readonly (readonly [RegExp | number, (parts: SmbParts) => string])[] = [
  [/could not resolve address/i, f => `the name "${f.host}" cannot be resolved`],
  [
    /unable to apply new capability set/i,
    () => 'the plugin may not do what mount.cifs needs: it was not granted CAP_DAC_READ_SEARCH; install it again',
  ],
  [/filesystem not supported by the system/i, () => noClient],
  [19, () => noClient],
  [22, () => "this host's kernel does not know one of the mount options, or not with this value; its log says which"],
  [111, f => `${f.host} refused the connection on port ${f.port} (is the SMB server running there?)`],
  [113, f => `this host cannot reach ${f.host} port ${f.port} (no route to it, or a firewall rejects this host)`],
  [101, f => `this host cannot reach ${f.host} port ${f.port} (no route to its network)`],
  [110, f => `${f.host} did not answer on port ${f.port} in time`],
  [112, f => `${f.host} has stopped answering on port ${f.port} while the share was being mounted`],
  [115, f => `${f.host} did not answer on port ${f.port} in time`],
  [104, f => `${f.host} broke the connection off while the share was being mounted; its log says why`],
  [1, () => 'this host does not permit it (the plugin may not mount)'],
];

const noClient =
  "this host's kernel has no SMB client; load it with modprobe cifs, or install the kernel package that holds it";

function inItsOwnWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('Refer to the mount.cifs(8)'));
  const words = printable([...new Set(lines)].join('; '), 300);
  return words === '' ? 'the mount helper failed without saying why' : words;
}
