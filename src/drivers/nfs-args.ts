// Which mount options of a user's are not taken for NFS, and why. There is no list of the allowed ones: kernels learn new
// options faster than plugins. Refused is what would get round the plugin, what it decides itself, and what cannot work.

export function refusalOf(arg: string, version: 3 | 4): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(arg))
    return 'is not a mount option: no spaces, control or special characters can be in it';
  if (arg.includes(',')) return 'is more than one mount option: give them one by one';
  const { name, value } = split(arg);
  if (!/^[a-z][a-z0-9_.-]*$/.test(name)) return 'is not a mount option: write a small-letter word, or word=value';
  return (
    refused(name) ?? versionRefusal(name, value, version) ?? (version === 4 ? refusedOnV4(name, value) : undefined)
  );
}

/** What two or more options say against each other, in words; each of them may be fine alone. */
export function conflictsOf(args: readonly string[]): string[] {
  const insistence = args.filter(arg => ['hard', 'soft', 'softerr'].includes(arg));
  const versions = args.filter(arg => isVersion(split(arg).name));
  return [insistence, versions]
    .map(group => [...new Set(group)])
    .filter(group => group.length > 1)
    .map(group => `${group.join(' and ')} cannot stand together; keep one of them`);
}

export function asksForV3(args: readonly string[]): boolean {
  return args.some(arg => ['vers=3', 'nfsvers=3', 'v3'].includes(arg));
}

function refused(name: string): string | undefined {
  if (name.startsWith('x-')) return forFstab;
  return refusals.get(name);
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

function refusedOnV4(name: string, value: string | undefined): string | undefined {
  if (name === 'nolock' || name === 'lock')
    return 'means nothing in NFSv4, where locks are part of the protocol; leave it out';
  const udp = name === 'udp' || (name === 'proto' && value !== undefined && value.startsWith('udp'));
  return udp ? 'cannot work: NFSv4 does not run over UDP' : undefined;
}

const isVersion = (name: string) => name === 'vers' || name === 'nfsvers' || /^v\d/.test(name);

function split(arg: string): { name: string; value: string | undefined } {
  const at = arg.indexOf('=');
  return at < 0 ? { name: arg, value: undefined } : { name: arg.slice(0, at), value: arg.slice(at + 1) };
}

const forFstab = 'is for the mount table file fstab and means nothing here; leave it out';
const another = 'would make another kind of mount than the one that is asked for; leave it out';
const propagation = 'would change where mounts are visible, which the plugin decides; leave it out';
const unsafe = 'is never given: volumes are always mounted nosuid,nodev';
const addressed = 'is set by the plugin from addr; leave it out';
const otherProtocol = 'is for another protocol: NFS has no user names and passwords';
const waiting = 'is decided by the plugin, which has its own time limits; leave it out';

const refusals: ReadonlyMap<string, string> = new Map([
  ...['bind', 'rbind', 'move', 'remount', 'loop'].map(name => [name, another] as const),
  ...['shared', 'slave', 'private', 'unbindable'].flatMap(name => [
    [name, propagation] as const,
    [`r${name}`, propagation] as const,
  ]),
  ...['suid', 'dev'].map(name => [name, unsafe] as const),
  ...['addr', 'mountaddr', 'clientaddr', 'mounthost', 'source'].map(name => [name, addressed] as const),
  ...['fg', 'bg', 'retry'].map(name => [name, waiting] as const),
  ...['user', 'nouser', 'users', 'nousers', 'owner', 'noowner', 'group', 'nogroup', 'auto', 'noauto'].map(
    name => [name, forFstab] as const,
  ),
  ...['nofail', 'comment', '_netdev'].map(name => [name, forFstab] as const),
  ...['username', 'password', 'password2', 'pass', 'credentials', 'cred', 'domain'].map(
    name => [name, otherProtocol] as const,
  ),
  ['port', 'is a setting of its own: port'],
  ['ro', 'is refused: read-only stores come by access=ro on the volume'],
]);
