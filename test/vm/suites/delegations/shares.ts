import { everyVersion } from '../versions.ts';

export const shares = everyVersion
  .filter(({ type }) => type === 'nfs4')
  // Version 4.0 has no words for wanting no promise: there, what B has looked at waits for B.
  .map(({ version, short, args }) => ({ version, label: `deleg${short}`, args, waits: version === '4.0' }));

export type Share = (typeof shares)[number];
