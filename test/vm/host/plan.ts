// Which suites share a boot: a boot costs half a minute before its first case, and suites that break the file server for
// everybody come last in theirs.

export const plan = {
  /** What every change has to pass. */
  some: [['versions', 'refusals', 'root-squash'], ['two-hosts'], ['outage', 'wrong-share']],
  /** Everything. */
  all: [['versions', 'refusals', 'root-squash'], ['two-hosts'], ['outage', 'wrong-share']],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>;
