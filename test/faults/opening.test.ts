import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isFailure } from '../../src/errors.ts';
import { FaultyFiles } from '../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../fakes/plugin-host.ts';
import { type FaultKind, faultKinds } from './every-fault/faults.ts';
import { must, same } from './every-fault/same.ts';
import { retry } from './every-fault/world.ts';

// The first steps on a share, with every way in which it fails at every one of them: it is made ours once, by whoever comes
// first, and nobody takes another id for it afterwards.

let top: string;
beforeAll(() => {
  top = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'opening-'));
});
afterAll(() => {
  rmSync(top, { recursive: true });
});

test.each([
  ['that is new', false],
  ['that is one already', true],
])(
  'a share %s is opened once what failed has gone, and has one id',
  async (title, isKnown) => {
    const all = await Promise.allSettled(faultKinds.map(kind => everyOperation(kind, isKnown)));
    expect(all.flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))).toEqual([]);
    const counts = all.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
    const cases = counts.reduce((sum, each) => sum + each, 0);
    process.stdout.write(`opening of a share ${title}: ${Math.max(...counts)} operations, ${cases} cases\n`);
    expect(cases).toBeGreaterThan(100);
  },
  300_000,
);

async function everyOperation(kind: FaultKind, isKnown: boolean): Promise<number> {
  for (let number = 1; number < 100; number += 1) {
    const isHit = await oneCase(kind, number, isKnown).catch((error: unknown) => {
      throw new Error(`${kind.title}, operation ${number}: ${String(error)}`, { cause: error });
    });
    if (!isHit) return number - 1;
  }
  throw new Error('it was never open');
}

async function oneCase(kind: FaultKind, number: number, isKnown: boolean): Promise<boolean> {
  const folder = mkdtempSync(join(top, 'case-'));
  const share = join(folder, 'share');
  mkdirSync(share);
  const faulty = new FaultyFiles();
  const hosts: PluginHost[] = [];
  const host = (name: string, more: { fileWork?: typeof faulty.over } = {}) => {
    const remoteDirs = { disk: { type: 'local', path: share } };
    hosts.push(
      startHost(join(folder, name), { name, remoteDirs, mounts: false, readNamespaces: async () => [], ...more }),
    );
    return hosts.at(-1) as PluginHost;
  };
  const open = (by: PluginHost) =>
    by.shares.get('disk').use('open it', 5000, async () => {}, { insist: true, write: true });
  try {
    const beta = host('beta');
    if (isKnown) await open(beta);
    const alpha = host('alpha', { fileWork: faulty.over });
    faulty.faults = [kind.at(number)];
    const failed = await open(alpha).then(
      () => undefined,
      (error: unknown) => error,
    );
    const isHit = faulty.calls.length >= number;
    faulty.letGo();
    must(failed === undefined || (isFailure(failed) && failed.code !== 'Unexpected'), String(failed));
    await retry(() => open(beta));
    const { id } = JSON.parse(readFileSync(join(share, '.nfs-shared/format.json'), 'utf8')) as { id: string };
    await retry(() => open(alpha));
    for (const each of [alpha, beta]) {
      same(each.shares.get('disk').id, id, 'a host knows the share by another id');
      await retry(() => each.volumes.create('db@disk', new Map()));
      same(
        (await each.volumes.list()).map(({ name }) => name),
        ['db@disk'],
      );
    }
    await retry(() => beta.volumes.remove('db@disk'));
    same(readdirSync(share), ['.nfs-shared']);
    return isHit;
  } finally {
    faulty.letGo();
    for (const each of hosts) each.stop();
    rmSync(folder, { recursive: true });
  }
}
