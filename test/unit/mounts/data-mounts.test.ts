import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Failure } from '../../../src/errors.ts';
import { makeLogger } from '../../../src/logger.ts';
import { DataMounts } from '../../../src/mounts/data-mounts.ts';
import { directKey, isDirectKey } from '../../../src/mounts/direct-key.ts';
import type { MountPlan } from '../../../src/mounts/mount-plan.ts';
import { mountsBelow, readMountTable } from '../../../src/mounts/mount-table.ts';
import { Mounter } from '../../../src/mounts/mounter.ts';
import { LABEL } from '../../../src/remotes/remote-dir.ts';
import { fileWork } from '../../../src/system/file-work.ts';
import { runCommand } from '../../../src/system/run-command.ts';
import { eventually } from '../../eventually.ts';
import { mountHelpers, writeMountHelper } from '../../fakes/mount-helper.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const ample = 20_000;
const planOf = (source: string): MountPlan => ({
  kind: 'helper',
  helper: 'mount.nfs',
  source,
  options: [],
  fsTypes: ['tmpfs'],
});
const nas = planOf('10.0.0.5:/export');
const mounted = () => mountsBelow(readMountTable(), folder('root'));
const children: ChildProcess[] = [];
let logged: string[];

beforeEach(() => {
  logged = [];
  mkdirSync(folder('root'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** One life of the plugin: real mounts, made by a helper that counts its calls. */
function life(
  inUse: (label: string) => Promise<boolean> = () => Promise.resolve(false),
  lingerSeconds = 0.01,
  refuseIfCutOff: () => Promise<void> = () => Promise.resolve(),
) {
  const script = `echo called >> ${folder('calls')}; sleep 0.1; ${mountHelpers.works}`;
  const edge = { run: runCommand, readTable: readMountTable };
  const mounter = new Mounter({
    ...edge,
    stage: folder('stage'),
    prepared: Promise.resolve(),
    explain: () => Promise.resolve('explained'),
    helpers: { 'mount.nfs': writeMountHelper(folder('helper'), script), mount: 'mount', umount: 'umount' },
  });
  const log = makeLogger('info', [{ write: line => void logged.push(line) }]);
  return new DataMounts({ ...edge, root: folder('root'), mounter, lingerSeconds, log, inUse, refuseIfCutOff });
}

const calls = () => (existsSync(folder('calls')) ? readFileSync(folder('calls'), 'utf8').split('\n').length - 1 : 0);

describe('the mount of a share', () => {
  test('twenty who want it at once share one', async () => {
    const mounts = life();
    const entries = await Promise.all(Array.from({ length: 20 }, () => mounts.ensure('nas', nas, ample)));
    expect(new Set(entries.map(entry => entry.id)).size).toBe(1);
    expect(mounted()).toHaveLength(1);
    expect(calls()).toBe(1);
  });

  test('that the engine would not see is not made', async () => {
    const mounts = life(undefined, undefined, () => Promise.reject(new Failure('CutOff', {})));
    await expect(mounts.ensure('nas', nas, ample)).rejects.toMatchObject({ code: 'CutOff' });
    expect(calls()).toBe(0);
  });

  test('one that fails fails those who asked, and the next attempt may do well', async () => {
    const mounts = life();
    const wrong: MountPlan = { ...nas, kind: 'helper', helper: 'mount.nfs', fsTypes: ['nfs4'] };
    await expect(mounts.ensure('nas', wrong, ample)).rejects.toMatchObject({ code: 'MountFailed' });
    expect(mounted()).toEqual([]);
    await expect(mounts.ensure('nas', nas, ample)).resolves.toMatchObject({ type: 'tmpfs' });
  });

  test('a second life takes over what the first has mounted, a slash at the end or not', async () => {
    const first = await life().ensure('nas', nas, ample);
    const second = life();
    expect(second.mountedLabels()).toEqual(['nas']);
    expect((await second.ensure('nas', planOf('10.0.0.5:/export/'), ample)).id).toBe(first.id);
    expect(second.entry('nas')?.id).toBe(first.id);
    expect(calls()).toBe(1);
  });

  test('what is mounted from somewhere else is replaced, also when it is in use, and the log says so', async () => {
    const mounts = life();
    await mounts.ensure('nas', planOf('10.0.0.9:/old'), ample);
    const child = spawn('sh', ['-c', 'echo here; exec sleep 3600'], {
      cwd: mounts.path('nas'),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    await expect(mounts.ensure('nas', nas, ample)).resolves.toMatchObject({ source: '10.0.0.5:/export' });
    expect(mounted()).toHaveLength(1);
    expect(logged.join('')).toContain('not what is wanted now');
  });

  test('a mount that may be written to is not taken for one that may not, nor the other way round', async () => {
    const mounts = life();
    const readOnly = { ...nas, options: ['ro'] };
    expect((await mounts.ensure('nas', nas, ample)).options).not.toContain('ro');
    for (const _ of ['made', 'kept']) expect((await mounts.ensure('nas', readOnly, ample)).options).toContain('ro');
    expect(calls()).toBe(2);
    expect((await mounts.ensure('nas', nas, ample)).options).not.toContain('ro');
    expect(mounted()).toHaveLength(1);
  });

  test('however many lie on top of each other, a stale one is replaced by one', async () => {
    const mounts = life();
    mkdirSync(mounts.path('nas'));
    for (const name of ['one', 'two', 'three', 'four']) {
      execFileSync('mount', ['-n', '-t', 'tmpfs', '-o', 'size=64k', name, mounts.path('nas')]);
    }
    await expect(mounts.replace('nas', nas, ample)).resolves.toMatchObject({ source: '10.0.0.5:/export' });
    expect(mounted()).toHaveLength(1);
  });
});

describe('the mount of a folder that is one volume', () => {
  const key = directKey('media.6d1f0c9e');

  test('lies in a place of its own that no label can have, and is found again by the next life', async () => {
    const mounts = life();
    const { mountPoint } = await mounts.ensure(key, nas, ample);
    expect(mountPoint).toBe(folder('root/.nfs-shared/direct/media.6d1f0c9e'));
    expect(LABEL.test(key)).toBe(false);
    expect(isDirectKey(key)).toBe(true);
    expect(life().mountedLabels()).toEqual([key]);
  });

  test('goes with its place', async () => {
    const mounts = life();
    await mounts.ensure(key, nas, ample);
    mounts.releaseSoon(key);
    await eventually('it is gone', () => !existsSync(mounts.path(key)));
    expect(mounted()).toEqual([]);
    await expect(mounts.ensure(key, nas, ample)).resolves.toMatchObject({ source: '10.0.0.5:/export' });
  });

  test('is asked of its server, and what is wrong is said', async () => {
    const mounts = life();
    await mounts.ensure(key, nas, ample);
    expect(await mounts.whatIsWrongAt(mounts.path(key), ample)).toBeUndefined();
    expect(await mounts.whatIsWrongAt(folder('missing'), ample)).toBe('No such file or directory');
  });
});

describe('the bind of a local folder', () => {
  const bindOf = (source: string): MountPlan => ({ kind: 'bind', source, options: ['nosuid', 'nodev'] });

  test('is kept while it shows the folder that is configured, and replaced when it does not', async () => {
    for (const name of ['data', 'other']) mkdirSync(folder(name));
    const mounts = life();
    const first = await mounts.ensure('disk', bindOf(folder('data')), ample);
    expect((await life().ensure('disk', bindOf(folder('data')), ample)).id).toBe(first.id);
    const second = await mounts.ensure('disk', bindOf(folder('other')), ample);
    expect(second.root.endsWith('/other')).toBe(true);
    expect(mounted()).toHaveLength(1);
  });

  test('is kept as well when a symbolic link leads to the folder', async () => {
    mkdirSync(folder('data'));
    symlinkSync(folder('data'), folder('link'));
    const mounts = life();
    const first = await mounts.ensure('disk', bindOf(folder('link')), ample);
    expect((await mounts.ensure('disk', bindOf(folder('link')), ample)).id).toBe(first.id);
    expect(logged.join('')).not.toContain('not what is wanted now');
  });
});

describe('read-only views', () => {
  test('refuse writes, are made once, and go before the share does', async () => {
    const mounts = life();
    await mounts.ensure('nas', nas, ample);
    mkdirSync(`${mounts.path('nas')}/pgdata`);
    writeFileSync(`${mounts.path('nas')}/pgdata/file`, 'text');
    const view = () => mounts.ensureReadOnly('nas', 'pgdata', `${mounts.path('nas')}/pgdata`, ample);
    const [path] = await Promise.all([view(), view(), view()]);
    expect(path).toBe(mounts.readOnlyPath('nas', 'pgdata'));
    expect(readFileSync(`${path}/file`, 'utf8')).toBe('text');
    expect(() => writeFileSync(`${path}/new`, '')).toThrow('EROFS');
    expect(mounted()).toHaveLength(2);
    expect(mounts.mountedLabels()).toEqual(['nas']);
    mounts.releaseSoon('nas');
    await eventually('all is unmounted', () => mounted().length === 0);
  });

  test('can be dropped alone, twice as well', async () => {
    const mounts = life();
    await mounts.ensure('nas', nas, ample);
    mkdirSync(`${mounts.path('nas')}/pgdata`);
    await mounts.ensureReadOnly('nas', 'pgdata', `${mounts.path('nas')}/pgdata`, ample);
    await mounts.dropReadOnly('nas', 'pgdata');
    await mounts.dropReadOnly('nas', 'pgdata');
    expect(mounted().map(entry => entry.mountPoint)).toEqual([mounts.path('nas')]);
  });
});

describe('letting a share go', () => {
  test('it stays a while after the last use, and a new use in between keeps it', async () => {
    const mounts = life(undefined, 0.3);
    const first = await mounts.ensure('nas', nas, ample);
    mounts.releaseSoon('nas');
    expect((await mounts.ensure('nas', nas, ample)).id).toBe(first.id);
    await sleep(600);
    expect(mounts.entry('nas')?.id).toBe(first.id);
    mounts.releaseSoon('nas');
    await eventually('it is unmounted', () => mounted().length === 0);
  });

  test('while somebody uses it it is kept', async () => {
    const asked: string[] = [];
    const mounts = life(label => {
      asked.push(label);
      return Promise.resolve(true);
    });
    await mounts.ensure('nas', nas, ample);
    mounts.releaseSoon('nas');
    await eventually('it was asked', () => asked.length > 0);
    await sleep(100);
    expect(mounted()).toHaveLength(1);
    expect(asked).toEqual(['nas']);
  });

  test('while it is not known who uses it it is kept, and it is asked again', async () => {
    let failures = 3;
    const mounts = life(() => {
      if (failures === 0) return Promise.resolve(false);
      failures -= 1;
      expect(mounted()).toHaveLength(1);
      return Promise.reject(new Error('a mount table cannot be read'));
    });
    await mounts.ensure('nas', nas, ample);
    mounts.releaseSoon('nas');
    await eventually('it is unmounted', () => mounted().length === 0);
    expect(failures).toBe(0);
    expect(logged.join('')).toContain('a mount table cannot be read');
  });

  test('a share that is being let go and wanted again is there in the end', async () => {
    const mounts = life();
    for (let round = 0; round < 5; round += 1) {
      await mounts.ensure('nas', nas, ample);
      mounts.releaseSoon('nas');
      await sleep(round * 5);
    }
    await mounts.ensure('nas', nas, ample);
    await sleep(200);
    expect(mounted()).toHaveLength(1);
  });

  test('what is mounted in the folder of a label is its, whatever else lies in the root', async () => {
    const mounts = life();
    await mounts.ensure('nas', nas, ample);
    await mounts.ensure('nas.2', planOf('10.0.0.6:/export'), ample);
    mkdirSync(folder('root/.nfs-shared/local'), { recursive: true });
    execFileSync('mount', ['-n', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder('root/.nfs-shared/local')]);
    expect(mounts.mountedLabels()).toEqual(['nas', 'nas.2']);
  });
});

describe('the number of a folder', () => {
  test('is what the kernel says, and a missing folder is told with its reason', async () => {
    const mounts = life();
    mkdirSync(folder('data'));
    const { inode, born } = (await fileWork(folder('')).inspect('data')) ?? {};
    expect(await mounts.identityOf(folder('data'), ample)).toEqual({ inode, born });
    expect(await mounts.identityOf(folder('missing'), ample)).toEqual({ problem: 'No such file or directory' });
  });
});
