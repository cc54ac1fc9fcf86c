// What is said of mount options whatever the protocol: how one is written, and which ones no driver takes.

/** Why it is no single mount option at all. */
export function shapeFault(arg: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(arg))
    return 'is not a mount option: no spaces, control or special characters can be in it';
  // An open quote would take the options behind it, nosuid and nodev among them, for a part of this one.
  if (arg.includes('"') && !QUOTED_CONTEXT.test(arg))
    return 'has double quotes in it, which stand only around the whole value of context, fscontext, defcontext or rootcontext';
  if (arg.includes(',') && !arg.includes('"'))
    return 'is more than one mount option: give them one by one, and a context with commas in double quotes';
  return /^[a-z][a-z0-9_.-]*$/.test(splitArg(arg).name)
    ? undefined
    : 'is not a mount option: write a small-letter word, or word=value';
}

/** A label of SELinux. The categories at its end are separated by commas. */
const QUOTED_CONTEXT = /^(fs|def|root)?context="[A-Za-z0-9_.:,-]+"$/;

export function commonRefusal(name: string): string | undefined {
  if (name.startsWith('x-')) return forFstab;
  return refusals.get(name);
}

/** Of each group one may be said, and that once: each of them may be fine alone. */
export function conflictsIn(groups: readonly (readonly string[])[]): string[] {
  return groups
    .map(group => [...new Set(group)])
    .filter(group => group.length > 1)
    .map(group => `${group.join(' and ')} cannot stand together; keep one of them`);
}

export function splitArg(arg: string): { name: string; value: string | undefined } {
  const at = arg.indexOf('=');
  return at < 0 ? { name: arg, value: undefined } : { name: arg.slice(0, at), value: arg.slice(at + 1) };
}

export const nameOf = (arg: string) => splitArg(arg).name;
export const says = (args: readonly string[], ...names: readonly string[]) =>
  args.some(arg => names.includes(nameOf(arg)));

/** Refused as an option of the user's: that nothing is written is decided for the whole remote dir. */
export const roIfAsked = ({ readOnly }: { readonly readOnly?: true }) => (readOnly === true ? ['ro'] : []);

/** What the mount table shows behind NAME=. */
export const shownValue = (options: readonly string[], name: string) =>
  options.find(option => option.startsWith(`${name}=`))?.slice(name.length + 1);

export const addressed = 'is set by the plugin from addr; leave it out';
const forFstab = 'is for the mount table file fstab and means nothing here; leave it out';
const another = 'would make another kind of mount than the one that is asked for; leave it out';
const propagation = 'would change where mounts are visible, which the plugin decides; leave it out';
const unsafe = 'is never given: volumes are always mounted nosuid,nodev';
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
  ['port', 'is a setting of its own: port'],
  ['ro', 'is a setting of its own, readOnly (read-only in an address); for one volume alone, make it with access=ro'],
]);
