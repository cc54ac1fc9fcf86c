// Why a mount helper failed, in words: its own few, held against what the server says when it is asked.

import type { Explain } from '../mounts/mounter.ts';
import { explainSmb } from './explain-smb.ts';
import { listExports } from './exports.ts';
import { explainMountFailure } from './mount-words.ts';

const ASK_MS = 1500;

export const explainHelper: Explain = async (plan, result, tryPlan) => {
  if (plan.helper === 'mount.cifs') return await explainSmb(plan, result, tryPlan);
  const { host, path } = partsOf(plan.source);
  const port = portIn(plan.options);
  if (result.timedOut)
    return `${host} began to answer but the mount did not end in time; is the server overloaded, or a port of NFSv3 (mountd, statd) filtered?`;
  const exportsResult = await listExports(host, { timeoutMs: ASK_MS });
  return explainMountFailure({ stderr: result.stderr, source: plan.source, host, path, port, exportsResult });
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
