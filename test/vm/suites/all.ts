import type { Suite } from '../guest/cases.ts';
import { afterPowerCut } from './after-power-cut.ts';
import { cifs } from './cifs.ts';
import { cifsFaults } from './cifs-faults.ts';
import { cifsShort } from './cifs-short.ts';
import { copyUp } from './copy-up.ts';
import { crashes } from './crashes.ts';
import { delegations } from './delegations.ts';
import { lateServer } from './late-server.ts';
import { mistakes } from './mistakes.ts';
import { outage } from './outage.ts';
import { outages } from './outages.ts';
import { outagesOfShares } from './outages-of-shares.ts';
import { powerCut } from './power-cut.ts';
import { refusals } from './refusals.ts';
import { rootSquash } from './root-squash.ts';
import { stack } from './stack.ts';
import { twoHosts } from './two-hosts.ts';
import { unmounting } from './unmounting.ts';
import { versionDetails } from './version-details.ts';
import { versions } from './versions.ts';
import { wrongShare } from './wrong-share.ts';

export const suites: readonly Suite[] = [
  versions,
  refusals,
  rootSquash,
  twoHosts,
  versionDetails,
  copyUp,
  stack,
  cifs,
  cifsFaults,
  cifsShort,
  outage,
  outages,
  outagesOfShares,
  lateServer,
  mistakes,
  wrongShare,
  delegations,
  unmounting,
  crashes,
  powerCut,
  afterPowerCut,
];
