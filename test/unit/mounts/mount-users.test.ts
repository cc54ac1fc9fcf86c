import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { locate, type MountEntry, parseMountTable, readMountTable } from '../../../src/mounts/mount-table.ts';
import { describeUser, readNamespaces, usersOf, type VolumeMark } from '../../../src/mounts/mount-users.ts';
import { bundle } from '../../bundle.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const children: ChildProcess[] = [];
const notAt = '/.nfs-shared/ro/nas/pgdata';

beforeEach(() => {
  for (const path of ['share/pgdata/inner', 'share/pgdata2', 'at']) mkdirSync(folder(path), { recursive: true });
});

afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
});

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** A process with mounts nobody else sees, as a container has. */
async function container(...binds: [source: string, target: string][]): Promise<ChildProcess> {
  const mounts = binds.flatMap(([source, target]) => ['mount', '-n', '--bind', source, target, '&&']);
  const script = `${mounts.map(word => (word === '&&' ? word : `'${word}'`)).join(' ')} echo ready && exec sleep 3600`;
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const markOf = (path: string, more: Partial<VolumeMark> = {}): VolumeMark => ({
  ...locate(readMountTable(), path),
  notAt,
  ...more,
});
const usersFound = async (mark: VolumeMark) => usersOf(await readNamespaces(), mark);

describe('who has a volume mounted', () => {
  test('a process with mounts of its own is found, and is gone once it has ended', async () => {
    const mark = markOf(folder('share/pgdata'));
    expect(await usersFound(mark)).toEqual([]);
    const child = await container([folder('share/pgdata'), folder('at')]);
    const [user, ...more] = await usersFound(mark);
    expect(more).toEqual([]);
    expect(user).toEqual({ pid: child.pid, container: undefined, mountPoint: folder('at') });
    await end(child);
    expect(await usersFound(mark)).toEqual([]);
  });

  test('one namespace counts once, however many processes are in it', async () => {
    const child = await container([folder('share/pgdata'), folder('at')]);
    const inside = spawn('nsenter', ['-t', String(child.pid), '-m', 'sh', '-c', 'echo in; exec sleep 3600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(inside);
    await once(inside.stdout, 'data');
    expect(await usersFound(markOf(folder('share/pgdata')))).toHaveLength(1);
    // The others of a namespace count when the first of it has gone.
    await end(child);
    expect(await usersFound(markOf(folder('share/pgdata')))).toMatchObject([{ mountPoint: folder('at') }]);
  });

  test('a folder inside the volume counts, a volume whose name only begins alike does not', async () => {
    await container([folder('share/pgdata/inner'), folder('at')]);
    expect(await usersFound(markOf(folder('share/pgdata')))).toHaveLength(1);
    expect(await usersFound(markOf(folder('share/pgdata2')))).toEqual([]);
  });

  test('for a whole share only folders in it count, since the host sees the share itself', async () => {
    await container([folder('share'), folder('at')]);
    const whole = markOf(folder('share'), { strictlyBelow: true });
    expect(await usersFound(whole)).toEqual([]);
    expect(await usersFound(markOf(folder('share')))).toHaveLength(1);
    await container([folder('share/pgdata'), folder('at')]);
    expect(await usersFound(whole)).toHaveLength(1);
  });

  test('our own read-only views, which others see, are no users', async () => {
    mkdirSync(folder('root/.nfs-shared/ro/nas/pgdata'), { recursive: true });
    await container([folder('share/pgdata'), folder('root/.nfs-shared/ro/nas/pgdata')]);
    expect(await usersFound(markOf(folder('share/pgdata')))).toEqual([]);
  });

  test('a container is named by the id its hostname file lies under', async () => {
    const id = 'c0ffee'.padEnd(64, '0');
    mkdirSync(folder(`docker/containers/${id}`), { recursive: true });
    for (const path of [`docker/containers/${id}/hostname`, 'hostname']) writeFileSync(folder(path), 'x');
    await container(
      [folder(`docker/containers/${id}/hostname`), folder('hostname')],
      [folder('share/pgdata'), folder('at')],
    );
    const [user] = await usersFound(markOf(folder('share/pgdata')));
    expect(user?.container).toBe(id);
    expect(user && describeUser(user)).toBe('container c0ffee000000');
    expect(describeUser({ pid: 7, container: undefined, mountPoint: '/data' })).toBe('process 7 at /data');
  });

  test('a volume that was removed under its user still has that user', async () => {
    await container([folder('share/pgdata/inner'), folder('at')]);
    const mark = markOf(folder('share/pgdata'));
    execFileSync('rmdir', [folder('share/pgdata/inner')]);
    expect(await usersFound(mark)).toHaveLength(1);
  });

  test('a mount table that cannot be read is an error: an unknown user is not no user', async () => {
    const main = `
      import { readNamespaces } from './src/mounts/mount-users.ts';
      const say = text => process.stdout.write(text);
      await readNamespaces().then(all => say('read ' + (all.length > 0)), error => say('failed ' + error.code));`;
    const program = bundle(main, folder('read.mjs'));
    const child = await container();
    const read = (before: string) => {
      const script = `${before} exec "$0" "$1"`;
      const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, process.execPath, program];
      return execFileSync('unshare', args, { encoding: 'utf8' });
    };
    expect(read('')).toBe('read true');
    // Reading the first bytes of a process's memory gives EIO, and that is what its table gives then.
    expect(read(`mount -n --bind /proc/${child.pid}/mem /proc/${child.pid}/mountinfo &&`)).toBe('failed EIO');
  });
});

describe('users whose mounts outlived ours', () => {
  const table = (root: string, source: string, type = 'nfs4'): readonly MountEntry[] =>
    parseMountTable(`36 35 0:99 ${root} /data rw - ${type} ${source} rw\n`);
  const count = (entries: readonly MountEntry[], source: string) =>
    usersOf([{ pid: 7, entries }], { source, notAt }).length;

  test.each([
    ['/pgdata', '10.0.0.5:/export', '10.0.0.5:/export/pgdata', 1],
    ['/pgdata', '10.0.0.5:/export/pgdata', '10.0.0.5:/export/pgdata', 1],
    ['/', '10.0.0.5:/export/pgdata', '10.0.0.5:/export/pgdata', 1],
    ['/pgdata/inner', '10.0.0.5:/', '10.0.0.5:/pgdata', 1],
    ['/pgdata', '[fd00::5]:/export', '[fd00::5]:/export/pgdata', 1],
    ['/pgdata2', '10.0.0.5:/export', '10.0.0.5:/export/pgdata', 0],
    ['/pgdata', '10.0.0.6:/export', '10.0.0.5:/export/pgdata', 0],
  ])('folder %s of %s, asked for %s: %d', (root, source, wanted, users) => {
    expect(count(table(root, source), wanted)).toBe(users);
  });

  test('only NFS mounts are told by their source', () => {
    expect(count(table('/pgdata', '10.0.0.5:/export', 'tmpfs'), '10.0.0.5:/export/pgdata')).toBe(0);
  });
});
