// How often a client has called the server, by mount and by call, as the kernel of the client counts it.

/** What keeps a client of version 4 known to the server: it comes with time, and not with what is asked for. */
const upkeep = ['SEQUENCE', 'RENEW'];

/** By mount point, by the name of the call: how many. Calls that were never made are left out. */
export function parseMountStats(text: string): Map<string, Map<string, number>> {
  const mounts = new Map<string, Map<string, number>>();
  let calls: Map<string, number> | undefined;
  let isInCalls = false;
  for (const line of text.split('\n')) {
    const mountPoint = /^device \S+ mounted on (\S+) with fstype (\S+)/.exec(line);
    if (mountPoint !== null) {
      const [, path = '', type = ''] = mountPoint;
      calls = type.startsWith('nfs') ? new Map<string, number>() : undefined;
      isInCalls = false;
      if (calls !== undefined) mounts.set(path, calls);
      continue;
    }
    if (line.trim() === 'per-op statistics') isInCalls = true;
    const [, name = '', times = '0'] = /^\s+([A-Z0-9_]+): (\d+) /.exec(line) ?? [];
    if (isInCalls && calls !== undefined && Number(times) > 0 && !upkeep.includes(name)) calls.set(name, Number(times));
  }
  return mounts;
}

/** What was called in between. One that is mounted anew has counted from nothing, which shows in a call that went back. */
export function callsBetween(
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number> | undefined,
): Map<string, number> {
  const isNew = [...(before ?? [])].some(([name, times]) => (after?.get(name) ?? 0) < times);
  const from = isNew ? undefined : before;
  const between = [...(after ?? [])].map(([name, times]) => [name, times - (from?.get(name) ?? 0)] as const);
  return new Map(between.filter(([, times]) => times > 0));
}

export const sumOf = (calls: ReadonlyMap<string, number>) => [...calls.values()].reduce((sum, times) => sum + times, 0);

/** Calls that change something there; an OPEN of version 4 may be one for reading. */
const changes = [
  'CREATE',
  'WRITE',
  'COMMIT',
  'SETATTR',
  'RENAME',
  'REMOVE',
  'LINK',
  'SYMLINK',
  'MKDIR',
  'RMDIR',
  'MKNOD',
];

export const changesIn = (calls: ReadonlyMap<string, number>) => changes.filter(name => calls.has(name));

export function wordsOf(calls: ReadonlyMap<string, number>): string {
  const sorted = [...calls].sort(([, one], [, other]) => other - one);
  return sorted.map(([name, times]) => `${name.toLowerCase()} ${times}`).join(' ');
}
