// Why mount.cifs failed, in words. It gives one number for several reasons, and what tells them apart stands in the kernel's
// log, which a plugin may not read. So the server is asked which versions it speaks, the kernel which ciphers it has, and
// where both leave it open, another mount is tried.

import { readFile } from 'node:fs/promises';
import { Failure } from '../errors.ts';
import type { HelperMount } from '../mounts/mount-plan.ts';
import type { Explain, TryPlan } from '../mounts/mounter.ts';
import type { CommandResult } from '../system/run-command.ts';
import { askHost } from './ask-host.ts';
import { askSmb } from './smb.ts';
import { errorNumber, explainSmbFailure, type SmbParts, smbPartsOf } from './smb-mount-words.ts';

const ASK_MS = 1500;
const TRY_MS = 4000;
const [ENOENT, EOPNOTSUPP] = [2, 95];

export const explainSmb: Explain = async (plan, result, tryPlan) => {
  const parts = smbPartsOf(plan);
  if (result.timedOut)
    return `${parts.host} began to answer but the mount did not end in time; is the server overloaded?`;
  const number = errorNumber(result.stderr);
  if (number === EOPNOTSUPP) return await versionRefused(plan, parts);
  if (number === ENOENT) return await whatIsMissing(plan, parts, tryPlan);
  return explainSmbFailure(plan, parts, result.stderr);
};

async function versionRefused(plan: HelperMount, parts: SmbParts): Promise<Failure | string> {
  const { source } = plan;
  const { host, asked } = parts;
  const offered = await bestOf(parts);
  if (asked !== undefined) return new Failure('VersionRefused', { source, server: host, asked, offered });
  if (plan.options.includes('seal'))
    return new Failure('VersionRefused', { source, server: host, asked: '3 with encryption (seal)', offered });
  return `${host} and this host's kernel have no version of SMB in common`;
}

/** A share, a folder in it, or a cipher of this host's kernel. */
async function whatIsMissing(plan: HelperMount, parts: SmbParts, tryPlan: TryPlan): Promise<Failure | string> {
  const { source } = plan;
  const { host, share, folder, asked } = parts;
  const missing = await missingCiphers(asked === undefined || asked === '3' ? await bestOf(parts) : asked);
  // SMB 2.1 does without them: where it works, they were what is missing.
  const without = missing.length > 0 ? await tryOther(tryPlan, withVersion(plan, '2.1')) : undefined;
  if (without === 'works') return new Failure('CryptoMissing', { source, missing });
  const isShareThere =
    folder !== '' && (await tryOther(tryPlan, { ...plan, source: `//${host}/${share}` })) === 'works';
  return new Failure('ShareMissing', { source, server: host, share, folder: isShareThere ? folder : undefined });
}

async function tryOther(tryPlan: TryPlan, plan: HelperMount): Promise<'works' | CommandResult> {
  const result = await tryPlan(plan, TRY_MS);
  return result.ok ? 'works' : result;
}

function withVersion(plan: HelperMount, version: string): HelperMount {
  const options = plan.options.filter(option => !/^(vers=|seal$)/.test(option));
  return { ...plan, options: [`vers=${version}`, ...options] };
}

async function bestOf({ host, port }: SmbParts): Promise<string | undefined> {
  const answer = await askHost(host, { timeoutMs: ASK_MS }, async (address, _server, timeoutMs) => {
    const found = await askSmb({ address, port }, { timeoutMs });
    return found.ok ? { ok: true, value: found.dialect } : { ok: false, fault: found.fault, problem: '' };
  });
  return answer.ok ? answer.value : undefined;
}

/** What the kernel has not got although it has just tried to sign with it. */
async function missingCiphers(version: string | undefined): Promise<string[]> {
  if (version?.startsWith('3') !== true) return [];
  const needed = version.startsWith('3.1') ? ['cmac(aes)', 'gcm(aes)', 'sha512'] : ['cmac(aes)', 'ccm(aes)'];
  const text = await readFile('/proc/crypto', 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const there = new Set([...text.matchAll(/^name\s*:\s*(\S+)/gm)].map(([, name]) => name));
  return needed.filter(name => !there.has(name));
}
