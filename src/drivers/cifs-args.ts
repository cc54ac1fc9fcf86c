// Which mount options of a user's are not taken for SMB, and why.

import { addressed, commonRefusal, conflictsIn, shapeFault, splitArg } from './common-args.ts';

export function refusalOf(arg: string): string | undefined {
  const { name, value } = splitArg(arg);
  if (arg.includes('"') && arg.includes(','))
    return 'cannot be taken for SMB: its mount helper cuts every option at its commas';
  return shapeFault(arg) ?? loginRefusal(name) ?? commonRefusal(name) ?? ownRefusal(name) ?? valueRefusal(name, value);
}

/** What two or more options say against each other, in words. */
export function conflictsOf(args: readonly string[]): string[] {
  return conflictsIn([
    args.filter(arg => ['hard', 'soft'].includes(arg)),
    args.filter(arg => splitArg(arg).name === 'vers'),
    args.filter(arg => ['file_mode', 'fmask'].includes(splitArg(arg).name)),
    args.filter(arg => ['dir_mode', 'dmask'].includes(splitArg(arg).name)),
  ]);
}

/** mount.cifs goes by the first letters of these: every word that begins so is one of them. */
function loginRefusal(name: string): string | undefined {
  if (['user_xattr', 'users'].includes(name)) return undefined;
  return /^(user|pass|pw|dom|workg|wg|cred)/.test(name)
    ? 'is never a mount option, where everybody could read it; use the settings user, password and domain, or credentials'
    : undefined;
}

function ownRefusal(name: string): string | undefined {
  if (/^(unc|target|path|prefixpath|ip$)/.test(name)) return addressed;
  return refusals.get(name);
}

function valueRefusal(name: string, value: string | undefined): string | undefined {
  if (name === 'vers')
    return value !== undefined && versions.includes(value)
      ? undefined
      : `is not a version this plugin mounts; expected one of ${versions.join(', ')}, or leave it out to let both sides settle it`;
  if (['file_mode', 'dir_mode', 'fmask', 'dmask'].includes(name))
    return value !== undefined && /^0?[0-7]{3}$/.test(value) ? undefined : 'is not a mode; expected one such as 0755';
  if (name === 'sec' && value?.startsWith('krb5') === true)
    return 'cannot work here: Kerberos needs a program of the host that the kernel calls; use a user and a password';
  if (name === 'seal' && value !== undefined) return 'takes no value; write seal';
  return undefined;
}

const versions = ['2.1', '3', '3.0', '3.0.2', '3.02', '3.1.1', '3.11', 'default'];

const refusals: ReadonlyMap<string, string> = new Map([
  ...['uid', 'gid', 'forceuid', 'forcegid', 'noforceuid', 'noforcegid'].map(
    name => [name, 'is a setting of its own: uid, gid'] as const,
  ),
  ...['cruid', 'backupuid', 'backupgid', 'multiuser'].map(
    name => [name, 'is about more users than one, and a volume is used as the one user of its remote dir'] as const,
  ),
  ...['noserverino', 'sharesock'].map(
    name =>
      [
        name,
        'would keep the plugin from proving that containers get the folder it has looked at; leave it out',
      ] as const,
  ),
]);
