// Is the folder of a direct volume on its server? If only the last folder of its path is missing, it is made: Docker's
// built-in driver fails there, and no more than that can be meant by a path.
//
// Looked for by a private, soft mount of the folder itself: an NFSv3 server need not let anybody mount what lies above it.
// Nothing is ever written into the folder, and the mount goes at once.

import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path/posix';
import { driverFor } from '../../drivers/registry.ts';
import { errnoOf, Failure, isFailure, reasonOf } from '../../errors.ts';
import type { ControlMounts } from '../../mounts/control-mounts.ts';
import { HelperFailure } from '../../mounts/mounter.ts';
import { type RemoteDir, sourceOf } from '../../remotes/remote-dir.ts';
import type { Budget } from '../../system/budget.ts';
import { withDeadline } from '../../system/deadline.ts';
import { fileWork } from '../../system/file-work.ts';

const MOUNT_MS = 10_000;
const MAKE_MS = 8000;

/** Returns whether it was made just now. Throws what keeps it from being a volume. */
export async function ensureLastFolder(dir: RemoteDir, controlMounts: ControlMounts, budget: Budget): Promise<boolean> {
  try {
    await mountedMeanwhile(dir, controlMounts, budget, async () => {});
    return false;
  } catch (error) {
    if (!isMissing(error) || dir.path === '/') throw error;
    return await makeIn(dir, controlMounts, budget, error);
  }
}

async function makeIn(
  dir: RemoteDir,
  controlMounts: ControlMounts,
  budget: Budget,
  missing: Missing,
): Promise<boolean> {
  const above = { ...dir, path: dirname(dir.path) };
  try {
    return await mountedMeanwhile(above, controlMounts, budget, base => make(base, basename(dir.path), budget));
  } catch (error) {
    if (isFailure(error, 'TimedOut')) throw error;
    const problem = `${wordsOf(missing)}; and it cannot be made in ${above.path}: ${wordsOf(error)}`;
    throw new Failure('MountFailed', { source: sourceOf(dir), problem }, { cause: error });
  }
}

/** false: somebody else has made it in the meantime, which is as good. */
async function make(base: string, name: string, budget: Budget): Promise<boolean> {
  const milliseconds = budget.left(MAKE_MS);
  const late = () =>
    new Failure('TimedOut', { what: `making the folder "${name}"`, seconds: Math.round(milliseconds / 1000) });
  return await withDeadline(fileWork(base).makeFolder(name, 0o755), milliseconds, late);
}

async function mountedMeanwhile<T>(
  dir: RemoteDir,
  controlMounts: ControlMounts,
  budget: Budget,
  work: (base: string) => Promise<T>,
): Promise<T> {
  const plan = driverFor(dir.type).controlPlan(dir);
  if (plan === undefined) throw new Failure('Unexpected', { problem: `${dir.type} has no mount of our own` });
  // No label can be so.
  const key = `@${randomUUID()}`;
  let isStuck = true;
  try {
    const result = await work(await controlMounts.ensure(key, plan, budget.left(MOUNT_MS)));
    isStuck = false;
    return result;
  } finally {
    // Nobody waits for that. After a failure a call may still be under way there, and is ended.
    controlMounts.forget(key, isStuck ? 'by force' : 'plainly').catch(() => {});
  }
}

type Missing = Failure<'MountFailed'> | Failure<'ShareMissing'>;

function isMissing(error: unknown): error is Missing {
  // Of an SMB server the share is there then.
  if (isFailure(error, 'ShareMissing')) return error.fields.folder !== undefined;
  return isFailure(error, 'MountFailed') && error.cause instanceof HelperFailure && error.cause.saysMissing;
}

function wordsOf(error: unknown): string {
  if (isFailure(error, 'MountFailed')) return error.fields.problem;
  if (isFailure(error, 'ShareMissing'))
    return `${error.fields.server} has no folder "${error.fields.folder}" in its share`;
  const denied = ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '');
  return denied
    ? `${reasonOf(error)} for root of this host (root_squash?); make it on the server`
    : `${reasonOf(error)}; make it on the server`;
}
