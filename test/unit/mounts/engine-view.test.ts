import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EngineView } from '../../../src/mounts/engine-view.ts';
import { parseMountTable, readMountTable } from '../../../src/mounts/mount-table.ts';
import { readNamespaceOf, readNamespaces } from '../../../src/mounts/mount-users.ts';
import { until } from '../../docker/until.ts';

// The engine's place is played by a process in a mount namespace of its own that has the plugin's folder as a peer, as
// dockerd and a managed plugin have it.

let folder: string;
let root: string;
let outside: ChildProcess;
let told: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'view-'));
  root = join(folder, 'mnt');
  mkdirSync(root);
  execFileSync('mount', ['--bind', root, root]);
  execFileSync('mount', ['--make-shared', root]);
  // "unchanged": a copy of a shared mount is in its group.
  outside = spawn('unshare', ['--mount', '--propagation', 'unchanged', 'sleep', '600'], { stdio: 'ignore' });
  await until('the namespace is there', 10_000, () => (inOutside(['true']) ? true : undefined));
  told = 0;
});
afterEach(async () => {
  outside.kill('SIGKILL');
  if (outside.exitCode === null && outside.signalCode === null) await once(outside, 'exit');
  execFileSync('umount', ['-l', root]);
  rmSync(folder, { recursive: true });
});

function inOutside(command: readonly string[]): boolean {
  try {
    const own = parseMountTable(execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' }))[0]?.id;
    if (outside.pid === undefined || readNamespaceOf(outside.pid)?.[0]?.id === own) return false;
    execFileSync('nsenter', ['-t', String(outside.pid), '-m', '--', ...command]);
    return true;
  } catch {
    return false;
  }
}

const [first, second] = [101, 102];

const view = (more: Partial<ConstructorParameters<typeof EngineView>[0]> = {}) =>
  new EngineView({
    root,
    readTable: readMountTable,
    readNamespaces,
    readNamespaceOf,
    isEngineThere: () => true,
    onCutOff: () => {
      told += 1;
    },
    ...more,
  });

describe("the plugin's folder", () => {
  test('that is unmounted outside is cut off: told once, and from then on nothing is mounted in it', async () => {
    const engineView = view();
    await engineView.refuseIfCutOff();
    expect(inOutside(['umount', '-l', root])).toBe(true);
    // The peers had each other's mounts; that of the folder itself was its own.
    expect(readMountTable().some(({ mountPoint }) => mountPoint === root)).toBe(true);
    await expect(engineView.refuseIfCutOff()).rejects.toMatchObject({ code: 'CutOff' });
    await expect(engineView.refuseIfCutOff()).rejects.toMatchObject({ code: 'CutOff' });
    expect(told).toBe(1);
  });

  test('is seen while anybody outside has it, also when the one seen first has ended', async () => {
    const ours = parseMountTable(`9 1 0:1 / ${root} rw shared:7 - ext4 /dev/vda1 rw`);
    const others = new Map([first, second].map(pid => [pid, ours]));
    const engineView = view({
      readTable: () => ours,
      readNamespaceOf: pid => others.get(pid),
      readNamespaces: () => Promise.resolve([...others].map(([pid, entries]) => ({ pid, entries }))),
    });
    await engineView.refuseIfCutOff();
    others.delete(first);
    await engineView.refuseIfCutOff();
    expect(told).toBe(0);
    others.set(second, parseMountTable(`9 1 0:1 / ${root} rw master:7 - ext4 /dev/vda1 rw`));
    await expect(engineView.refuseIfCutOff()).rejects.toMatchObject({ code: 'CutOff' });
    expect(told).toBe(1);
  });

  test.each([
    ['is cut off', '/docker/plugins/2da1/propagated-mount', true, 1],
    ['of which the engine cannot be asked is not said to be', '/docker/plugins/2da1/propagated-mount', false, 0],
    ['of a daemon of the host itself is not', '/srv/nfs-shared', true, 0],
  ])('that nobody outside has from the first look on %s', async (_, place, isThere, times) => {
    const table = parseMountTable(`9 1 0:1 ${place} ${root} rw shared:7 - ext4 /dev/vda1 rw`);
    const engineView = view({ readTable: () => table, isEngineThere: () => isThere });
    await engineView.look();
    await engineView.look();
    expect(told).toBe(times);
  });

  test('of a daemon of the host itself, which nobody outside has, is never cut off', async () => {
    execFileSync('mount', ['--make-private', root]);
    const engineView = view();
    await engineView.refuseIfCutOff();
    await engineView.refuseIfCutOff();
    expect(told).toBe(0);
  });

  test('is not said to be cut off when that cannot be known', async () => {
    let isReadable = true;
    const engineView = view({
      readNamespaceOf: () => undefined,
      readNamespaces: () => (isReadable ? readNamespaces() : Promise.reject(new Error('not readable'))),
    });
    await engineView.refuseIfCutOff();
    isReadable = false;
    expect(inOutside(['umount', '-l', root])).toBe(true);
    await engineView.refuseIfCutOff();
    expect(told).toBe(0);
    isReadable = true;
    await expect(engineView.refuseIfCutOff()).rejects.toMatchObject({ code: 'CutOff' });
  });
});
