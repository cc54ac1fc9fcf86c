// Which folder is it? As stat(1) tells it in a child, in words that can be held against what our own look at it has told.

export interface FolderIdentity {
  readonly inode: string;
  /** When it was made, in nanoseconds since 1970; '0' where the file system does not keep that */
  readonly born: string;
}

/** What `stat -c '%i %w'` prints: `7 2026-11-28 10:35:02.123456789 +0000`, or `7 -` */
export function identityIn(text: string): FolderIdentity {
  const [inode = '', ...time] = text.split(' ');
  return { inode, born: nanoseconds(time.join(' ')) };
}

function nanoseconds(text: string): string {
  const [, day, time, fraction = '', hours, minutes] = /^([\d-]+) ([\d:]+)\.(\d{9}) ([+-]\d\d)(\d\d)$/.exec(text) ?? [];
  if (day === undefined) return '0';
  const seconds = Date.parse(`${day}T${time}${hours}:${minutes}`) / 1000;
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(fraction));
}
