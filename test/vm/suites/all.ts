import type { Suite } from '../guest/cases.ts';
import { outage } from './outage.ts';
import { refusals } from './refusals.ts';
import { rootSquash } from './root-squash.ts';
import { twoHosts } from './two-hosts.ts';
import { versions } from './versions.ts';
import { wrongShare } from './wrong-share.ts';

export const suites: readonly Suite[] = [versions, refusals, rootSquash, twoHosts, outage, wrongShare];
