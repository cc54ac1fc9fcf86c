// What to mount, as data. A plan is made by a driver, carried out by the mounter, and may be printed as it stands:
// whatever must stay secret is a field of its own and never part of `source` or `options`.

export interface HelperMount {
  readonly kind: 'helper';
  /** The mount helper that knows this protocol; it is run directly, never through mount(8) or a shell. */
  readonly helper: 'mount.nfs';
  readonly source: string;
  readonly options: readonly string[];
  /** What the mount table must say afterwards: the helper's exit code alone is not believed. */
  readonly fsTypes: readonly string[];
}

export interface BindMount {
  readonly kind: 'bind';
  readonly source: string;
  readonly options: readonly string[];
}

export type MountPlan = HelperMount | BindMount;

export function describePlan(plan: MountPlan): string {
  const options = plan.options.length > 0 ? ` with ${plan.options.join(',')}` : '';
  return plan.kind === 'bind' ? `the folder ${plan.source}${options}` : `${plan.source}${options}`;
}
