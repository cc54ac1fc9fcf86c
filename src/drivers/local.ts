// A folder of this host: the embedded default, and what a settable host mount is used through.

import { roIfAsked } from './common-args.ts';
import type { Driver } from './driver.ts';

export const localDriver: Driver & { readonly type: 'local' } = {
  type: 'local',
  needsAddr: false,
  port: undefined,
  refuseArg: () => 'cannot be used: a local folder is not mounted from a server, so it takes no mount options',
  conflicts: () => [],
  dataPlan: dir => ({ kind: 'bind', source: dir.path, options: [...roIfAsked(dir), 'nosuid', 'nodev'] }),
  controlPlan: () => undefined,
  probe: dir => ({ kind: 'folder', path: dir.path }),
  negotiated: () => undefined,
};
