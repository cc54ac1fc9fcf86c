// Which mount options of a user's are not taken for NFS, and why. There is no list of the allowed ones: kernels learn new
// options faster than plugins. Refused is what would get round the plugin, what it decides itself, and what cannot work.

import { commonRefusal, conflictsIn, shapeFault, splitArg } from './common-args.ts';

export function refusalOf(arg: string, version: 3 | 4): string | undefined {
  const { name, value } = splitArg(arg);
  return (
    shapeFault(arg) ??
    commonRefusal(name) ??
    (loginNames.includes(name) ? otherProtocol : undefined) ??
    (name === 'sec' ? flavourRefusal(value ?? '') : undefined) ??
    versionRefusal(name, value, version) ??
    (version === 4 ? refusedOnV4(name, value) : undefined) ??
    (name === 'xprtsec' ? securityFault(value) : undefined)
  );
}

/** What two or more options say against each other, in words; each of them may be fine alone. */
export function conflictsOf(args: readonly string[]): string[] {
  const insistence = args.filter(arg => ['hard', 'soft', 'softerr'].includes(arg));
  const versions = args.filter(arg => isVersion(splitArg(arg).name));
  return conflictsIn([insistence, versions]);
}

export function asksForV3(args: readonly string[]): boolean {
  return args.some(arg => ['vers=3', 'nfsvers=3', 'v3'].includes(arg));
}

function versionRefusal(name: string, value: string | undefined, version: 3 | 4): string | undefined {
  if (name === 'minorversion') {
    if (version === 3) return 'is for NFSv4, and this is type nfs3; leave it out, or use type nfs4';
    return value !== undefined && /^[012]$/.test(value) ? undefined : 'is not a minor version; expected 0, 1 or 2';
  }
  if (!isVersion(name)) return undefined;
  const asked = name.startsWith('v') && name !== 'vers' ? name.slice(1) : (value ?? '');
  // A word such as v4.1 stands alone; v4.1=x would be passed on as something else.
  if (value !== undefined && name !== 'vers' && name !== 'nfsvers') return 'is not a version; write vers=3 or vers=4.2';
  if (version === 3)
    return asked === '3' ? undefined : 'is not version 3, and this is type nfs3; leave it out, or use type nfs4';
  if (asked === '3') return 'is version 3, and this is type nfs4; leave it out, or use type nfs3';
  return /^4(\.[012])?$/.test(asked) ? undefined : 'is not a version this plugin mounts; expected 4, 4.0, 4.1 or 4.2';
}

/** Several, separated by colons, are tried in their order. */
function flavourRefusal(value: string): string | undefined {
  const ill = value.split(':').find(flavour => !flavours.includes(flavour));
  return ill === undefined ? undefined : `names no security flavour of NFS; expected one of ${flavours.join(', ')}`;
}

const flavours = ['sys', 'krb5', 'krb5i', 'krb5p', 'none', 'null'];

function refusedOnV4(name: string, value: string | undefined): string | undefined {
  if (name === 'nolock' || name === 'lock')
    return 'means nothing in NFSv4, where locks are part of the protocol; leave it out';
  const udp = name === 'udp' || (name === 'proto' && value !== undefined && value.startsWith('udp'));
  return udp ? 'cannot work: NFSv4 does not run over UDP' : undefined;
}

/** TLS by the kernel itself, which needs a server and a kernel that know it, and tlshd on the host. */
function securityFault(value: string | undefined): string | undefined {
  return value !== undefined && ['none', 'tls', 'mtls'].includes(value)
    ? undefined
    : 'is not a way to encrypt; expected xprtsec=tls, xprtsec=mtls or xprtsec=none';
}

const isVersion = (name: string) => name === 'vers' || name === 'nfsvers' || /^v\d/.test(name);

const loginNames = ['username', 'password', 'password2', 'pass', 'credentials', 'cred', 'domain'];
const otherProtocol = 'is for another protocol: NFS has no user names and passwords';
