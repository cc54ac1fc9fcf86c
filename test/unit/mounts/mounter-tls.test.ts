import { mkdirSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isFailure } from '../../../src/errors.ts';
import type { HelperMount } from '../../../src/mounts/mount-plan.ts';
import { type ReadMountTable, readMountTable } from '../../../src/mounts/mount-table.ts';
import { Mounter, type MounterParts } from '../../../src/mounts/mounter.ts';
import { addressOf, type TlsFront } from '../../../src/mounts/tls-front.ts';
import { explainHelper } from '../../../src/remotes/explain-helper.ts';
import { runCommand } from '../../../src/system/run-command.ts';
import { mountHelpers, writeMountHelper } from '../../fakes/mount-helper.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
const ample = 20_000;
const front: TlsFront = { host: 'nas.example', port: 2049, name: 'nas.example', verify: true };
const share: HelperMount = {
  kind: 'helper',
  helper: 'mount.nfs',
  source: `${addressOf(front)}:/export`,
  called: 'nas.example:/export',
  options: ['vers=4.2', 'hard'],
  fsTypes: ['tmpfs'],
  tls: front,
};

beforeEach(() => {
  for (const name of ['target', 'stage']) mkdirSync(folder(name));
});

/** The mount table as it is, with the address that the kernel would show for a mount of NFS. */
const shownWith =
  (address: string | undefined): ReadMountTable =>
  () =>
    readMountTable().map(entry =>
      entry.mountPoint === folder('target') && address !== undefined
        ? { ...entry, superOptions: [...entry.superOptions, `addr=${address}`] }
        : entry,
    );

const mounter = (more: Partial<MounterParts> = {}) =>
  new Mounter({
    run: runCommand,
    readTable: shownWith(addressOf(front)),
    stage: folder('stage'),
    prepared: Promise.resolve(),
    proxies: { ensure: () => Promise.resolve({ ok: true }) },
    explain: (_, result) => Promise.resolve(result.stderr.trim()),
    helpers: { 'mount.nfs': writeMountHelper(folder('helper'), mountHelpers.works) },
    ...more,
  });

const isMounted = () => readMountTable().some(entry => entry.mountPoint === folder('target'));

describe('mounting a share behind TLS', () => {
  test('the proxy is there first, and the mount that goes through it is taken', async () => {
    const asked: TlsFront[] = [];
    const ensure = (each: TlsFront) => {
      expect(isMounted()).toBe(false);
      asked.push(each);
      return Promise.resolve({ ok: true } as const);
    };
    const entry = await mounter({ proxies: { ensure } }).mount(share, folder('target'), ample);
    expect(entry.source).toBe(share.source);
    expect(asked).toEqual([front]);
  });

  test.each([
    ['10.0.0.5', '10.0.0.5'],
    ['127.88.1.1', '127.88.1.1'],
    [undefined, 'an unknown address'],
  ])('a mount whose calls go elsewhere (%s) is taken away again, and it is said where they go', async (shown, said) => {
    const astray = mounter({ readTable: shownWith(shown) }).mount(share, folder('target'), ample);
    const error: unknown = await astray.catch((reason: unknown) => reason);
    expect(isFailure(error, 'NotThroughProxy')).toBe(true);
    expect(String(error)).toContain('nas.example:/export cannot be mounted with TLS');
    expect(String(error)).toContain(`to ${said};`);
    expect(isMounted()).toBe(false);
  });

  test('where calls go is nobody’s business without TLS', async () => {
    const { tls: _, ...plain } = share;
    await mounter({ readTable: shownWith('10.0.0.5') }).mount(plain, folder('target'), ample);
    expect(isMounted()).toBe(true);
  });

  test('without its proxy nothing is mounted, and the reason is told with the name people know', async () => {
    const down = { ensure: () => Promise.resolve({ ok: false, problem: 'it has ended with 1' } as const) };
    await expect(mounter({ proxies: down }).mount(share, folder('target'), ample)).rejects.toThrow(
      'nas.example:/export cannot be mounted: the TLS proxy of this host does not run: it has ended with 1',
    );
    const without = new Mounter({
      run: runCommand,
      readTable: readMountTable,
      stage: folder('stage'),
      prepared: Promise.resolve(),
      explain: () => Promise.resolve(''),
    });
    await expect(without.mount(share, folder('target'), ample)).rejects.toThrow(/none can be started here/);
    expect(isMounted()).toBe(false);
  });

  test('what the helper says is told with the name people know', async () => {
    const helpers = { 'mount.nfs': writeMountHelper(folder('refusing'), mountHelpers.refuses) };
    const refused = mounter({ helpers, explain: explainHelper }).mount(share, folder('target'), ample);
    await expect(refused).rejects.toThrow(
      'nas.example:/export cannot be mounted: nas.example answers on port 2049 but denies this host access to /export (is it exported to this host?)',
    );
  });
});
