// What to mount, as data. A plan is made by a driver, carried out by the mounter, and may be printed as it stands:
// whatever must stay secret is a field of its own and never part of `source` or `options`.

import type { Secret } from '../system/secret.ts';
import type { TlsFront } from './tls-front.ts';

/** Who we are to a server that asks for a name and a password: said in the settings, or in a file on this host. */
export type Login =
  | { readonly user: string; readonly password: Secret; readonly domain?: string }
  /** A path below the settable mount for such files. */
  | { readonly file: string };

export interface HelperMount {
  readonly kind: 'helper';
  /** The mount helper that knows this protocol; it is run directly, never through mount(8) or a shell. */
  readonly helper: 'mount.nfs' | 'mount.cifs';
  readonly source: string;
  readonly options: readonly string[];
  readonly login?: Login;
  /** The way there is a TLS proxy of ours, whose address stands in `source`: mount tables show that one. */
  readonly tls?: TlsFront;
  /** What people call the source, where that is another word. */
  readonly called?: string;
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
  return plan.kind === 'bind' ? `the folder ${plan.source}${options}` : `${nameOfSource(plan)}${options}`;
}

/** As the settings have it: no address of a proxy means anything to those who read a message. */
export const nameOfSource = (plan: MountPlan) => (plan.kind === 'bind' ? plan.source : (plan.called ?? plan.source));
