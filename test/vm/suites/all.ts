import type { Suite } from '../guest/cases.ts';
import { addresses } from './addresses.ts';
import { afterPowerCut } from './after-power-cut.ts';
import { bigVolume } from './big-volume.ts';
import { chaos1 } from './chaos-1.ts';
import { chaos2 } from './chaos-2.ts';
import { chaos3 } from './chaos-3.ts';
import { chaosShort } from './chaos-short.ts';
import { cifs } from './cifs.ts';
import { cifsFaults } from './cifs-faults.ts';
import { cifsShort } from './cifs-short.ts';
import { clocks } from './clocks.ts';
import { copyUp } from './copy-up.ts';
import { delegations } from './delegations.ts';
import { direct } from './direct.ts';
import { engineCrashes } from './engine-crashes.ts';
import { lateServer } from './late-server.ts';
import { mistakes } from './mistakes.ts';
import { moving } from './moving.ts';
import { outage } from './outage.ts';
import { outages } from './outages.ts';
import { outagesOfShares } from './outages-of-shares.ts';
import { pluginCrashes } from './plugin-crashes.ts';
import { powerCut } from './power-cut.ts';
import { readOnly } from './read-only.ts';
import { refusals } from './refusals.ts';
import { rootSquash } from './root-squash.ts';
import { rpcCounts } from './rpc-counts.ts';
import { stack } from './stack.ts';
import { tls } from './tls.ts';
import { twoHosts } from './two-hosts.ts';
import { unmounting } from './unmounting.ts';
import { versionDetails } from './version-details.ts';
import { versions } from './versions.ts';
import { wrongShare } from './wrong-share.ts';

export const suites: readonly Suite[] = [
  versions,
  refusals,
  readOnly,
  addresses,
  rootSquash,
  twoHosts,
  versionDetails,
  copyUp,
  direct,
  stack,
  moving,
  cifs,
  cifsFaults,
  cifsShort,
  tls,
  outage,
  outages,
  outagesOfShares,
  lateServer,
  mistakes,
  wrongShare,
  delegations,
  unmounting,
  pluginCrashes,
  engineCrashes,
  powerCut,
  afterPowerCut,
  chaosShort,
  chaos1,
  chaos2,
  chaos3,
  rpcCounts,
  bigVolume,
  clocks,
];
