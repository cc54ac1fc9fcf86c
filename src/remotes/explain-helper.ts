// Why a mount helper failed, in words: its own few, held against what the server says when it is asked.

import { nameOfSource } from '../mounts/mount-plan.ts';
import type { Explain } from '../mounts/mounter.ts';
import { explainSmb } from './explain-smb.ts';
import { listExports } from './exports.ts';
import { explainMountFailure } from './mount-words.ts';

const ASK_MS = 1500;

export const explainHelper: Explain = async (plan, result, tryPlan) => {
  if (plan.helper === 'mount.cifs') return await explainSmb(plan, result, tryPlan);
  const { host, path } = partsOf(nameOfSource(plan));
  if (result.timedOut)
    return `${host} began to answer but the mount did not end in time; is the server overloaded, or a port of NFSv3 (mountd, statd) filtered?`;
  const failure = { stderr: result.stderr, source: plan.source, host, path, port: portIn(plan.options) };
  // What answers behind a TLS front is mostly no machine that could be asked for its exports.
  if (plan.tls !== undefined) return explainMountFailure({ ...failure, port: plan.tls.port });
  return explainMountFailure({ ...failure, exportsResult: await listExports(host, { timeoutMs: ASK_MS }) });
};

const portIn = (options: readonly string[]) => {
  const port = options.find(option => option.startsWith('port='))?.slice('port='.length);
  return port === undefined ? undefined : Number(port);
};

/** `host:/path` or `[v6]:/path` */
function partsOf(source: string): { host: string; path: string } {
  const cut = source.indexOf(':/');
  return { host: source.slice(0, cut).replace(/^\[|\]$/g, ''), path: source.slice(cut + 1) };
}
