import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { runCommand } from '../../../src/system/run-command.ts';
import { eventually } from '../../eventually.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const ample = { milliseconds: 20_000 };

function program(name: string, text: string): string {
  const path = folder(name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** A zombie nobody has asked for yet runs no longer either. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const pidIn = (name: string) => Number(readFileSync(folder(name), 'utf8'));

describe('running a program', () => {
  test('its output and its exit code are told', async () => {
    const talks = program('talks', 'echo out; echo err >&2; exit 3');
    expect(await runCommand(talks, [], ample)).toEqual({
      ok: false,
      exitCode: 3,
      timedOut: false,
      startError: undefined,
      stdout: 'out',
      stderr: 'err',
    });
  });

  test('arguments arrive letter by letter, whatever a shell would make of them', async () => {
    const hostile = ['$(id)', '; rm -rf x', '`id`', 'a b', '"', "'", '*', ''];
    const shows = program('shows', 'for a in "$@"; do printf "[%s]" "$a"; done');
    expect((await runCommand(shows, hostile, ample)).stdout).toBe(hostile.map(a => `[${a}]`).join(''));
  });

  test('nothing of our environment is handed on', async () => {
    process.env['NFS_SHARED_TEST_SECRET'] = 'hunter2';
    try {
      const { stdout } = await runCommand('/usr/bin/env', [], ample);
      expect(stdout).not.toContain('hunter2');
      expect(stdout).toContain('LC_ALL=C');
    } finally {
      delete process.env['NFS_SHARED_TEST_SECRET'];
    }
  });

  test('as another uid it has none of our groups', async () => {
    const { stdout } = await runCommand('id', ['-G'], { ...ample, uid: 12_345, gid: 54_321 });
    expect(stdout).toBe('54321');
  });

  test('a program that is not there, and one that may not be run, say so', async () => {
    expect(await runCommand(folder('missing'), [], ample)).toMatchObject({
      ok: false,
      exitCode: undefined,
      timedOut: false,
      startError: 'ENOENT',
    });
    writeFileSync(folder('plain'), 'x', { mode: 0o644 });
    expect(await runCommand(folder('plain'), [], ample)).toMatchObject({ ok: false, startError: 'EACCES' });
  });

  test('one killed by somebody else did start, and has no exit code', async () => {
    const dies = program('dies', 'kill -KILL $$');
    expect(await runCommand(dies, [], ample)).toMatchObject({
      ok: false,
      exitCode: undefined,
      startError: undefined,
      timedOut: false,
    });
  });

  test('a flood of output is cut and is no success', async () => {
    const floods = program('floods', 'head -c 3000000 /dev/zero');
    const result = await runCommand(floods, [], ample);
    expect(result.ok).toBe(false);
    expect(result.startError).toBeUndefined();
    expect(result.stdout.length).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('a program that does not end', () => {
  test('one that ignores being asked to end is killed, and what it said is kept', async () => {
    const stubborn = program(
      'stubborn',
      `trap '' TERM INT HUP; echo $$ > ${folder('pid')}; echo said; while :; do sleep 1; done`,
    );
    const result = await runCommand(stubborn, [], { milliseconds: 1500 });
    expect(result).toMatchObject({ ok: false, timedOut: true, exitCode: undefined, stdout: 'said' });
    await eventually('the program is gone', () => !runs(pidIn('pid')));
  });

  test('a grandchild that holds the output open ends with it', async () => {
    const parent = program('parent', `sleep 3600 & echo $! > ${folder('pid')}; exit 0`);
    const result = await runCommand(parent, [], { milliseconds: 1500 });
    expect(result.timedOut).toBe(true);
    await eventually('the grandchild is gone', () => !runs(pidIn('pid')));
  });

  test('one that cannot be killed by us does not hold us', async () => {
    // A session of its own takes it out of the group we kill: for us it is as deaf as a process stuck in the kernel.
    const parent = program('parent', `setsid sh -c 'echo $$ > ${folder('pid')}; exec sleep 30' & wait`);
    const before = performance.now();
    const result = await runCommand(parent, [], { milliseconds: 1500 });
    const took = performance.now() - before;
    const pid = pidIn('pid');
    try {
      expect(result).toMatchObject({ ok: false, timedOut: true });
      expect(took).toBeLessThan(20_000);
      expect(runs(pid)).toBe(true);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });
});
