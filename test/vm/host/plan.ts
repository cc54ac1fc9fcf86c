// Which suites share a boot: a boot costs the better part of a minute before its first case. Suites that break the file
// server for everybody come last in theirs.

/** The lives of one VM on one disk, one after the other, and the suites of each. */
export type Boot = readonly (readonly string[])[];

export const plan = {
  /** What every change has to pass. */
  some: [[['versions', 'two-hosts', 'cifs-short', 'outage', 'chaos-short']]],
  /** Everything. */
  all: [
    [['versions', 'two-hosts', 'cifs-short', 'outage', 'chaos-short']],
    [['refusals', 'root-squash', 'wrong-share']],
    [['version-details', 'copy-up']],
    [['read-only']],
    [['addresses']],
    [['direct']],
    [['stack']],
    [['moving']],
    [['cifs']],
    [['cifs-faults']],
    [['tls']],
    [['outages']],
    [['outages-of-shares']],
    [['late-server', 'mistakes']],
    [['delegations']],
    [['unmounting']],
    [['plugin-crashes']],
    [['engine-crashes']],
    [['power-cut'], ['after-power-cut']],
    [['chaos-1']],
    [['chaos-2']],
    [['chaos-3']],
    [['rpc-counts']],
    [['big-volume']],
    [['clocks']],
  ],
} as const satisfies Readonly<Record<string, readonly Boot[]>>;
