import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { runOwnChild } from '../../../src/system/own-child.ts';
import { bundle } from '../../bundle.ts';
import { eventually } from '../../eventually.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const never = new AbortController().signal;
const purgeProgram = () =>
  bundle(`import { purge } from './src/workers/purge.ts'; purge(...process.argv.slice(2));`, folder('purge.mjs'));

function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A child that is busy without an end, so that no event ever reaches it. */
function busyProgram(): string {
  const main = `
    import { writeFileSync } from 'node:fs';
    import { endWithParent, parentGuard } from './src/system/own-child.ts';
    endWithParent();
    const guard = parentGuard();
    writeFileSync(process.argv[2], String(process.pid));
    const end = performance.now() + 60_000;
    while (performance.now() < end) guard();`;
  return bundle(main, folder('busy.mjs'));
}

const pidWritten = () => (existsSync(folder('pid')) ? Number(readFileSync(folder('pid'), 'utf8')) : 0);

describe('the child that deletes a removed volume', () => {
  test('deletes it, says what it did, and ends well', async () => {
    mkdirSync(folder('share/trash/vol/sub'), { recursive: true });
    writeFileSync(folder('share/trash/vol/sub/ü'), 'x');
    const args = [folder('share'), 'trash/vol'];
    const { exitCode, stdout } = await runOwnChild([process.execPath, purgeProgram()], args, undefined, never);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ removed: 3, left: [], leftCount: 0 });
    expect(readdirSync(folder('share/trash'))).toEqual([]);
  });

  test('as another uid leaves what that uid may not delete, and names it', async () => {
    mkdirSync(folder('share/trash/vol/foreign'), { recursive: true });
    writeFileSync(folder('share/trash/vol/foreign/file'), 'x');
    for (const path of ['share/trash', 'share/trash/vol']) chownSync(folder(path), 54_321, 54_321);
    const identity = { uid: 54_321, gid: 54_321 };
    const args = [folder('share'), 'trash/vol'];
    const { stdout } = await runOwnChild([process.execPath, purgeProgram()], args, identity, never);
    expect(JSON.parse(stdout)).toEqual({
      removed: 0,
      left: ['vol/foreign/file (EACCES)', 'vol/foreign (ENOTEMPTY)', 'vol (ENOTEMPTY)'],
      leftCount: 3,
    });
  });

  test('fails without a word of success where there is nothing to start from', async () => {
    const { exitCode, stdout } = await runOwnChild(
      [process.execPath, '-e', 'process.exit(3)'],
      [folder('missing'), 'x'],
      undefined,
      never,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    await expect(runOwnChild([folder('missing')], [], undefined, never)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a child at work without a pause', () => {
  test('ends when it is called off', async () => {
    const stop = new AbortController();
    const told = runOwnChild([process.execPath, busyProgram()], [folder('pid')], undefined, stop.signal);
    const outcome = expect(told).rejects.toMatchObject({ name: 'AbortError' });
    await eventually('it is at work', () => pidWritten() > 0);
    stop.abort();
    await outcome;
    await eventually('it is gone', () => !runs(pidWritten()));
  });

  test('ends when its parent dies', async () => {
    const main = `
      import { runOwnChild } from './src/system/own-child.ts';
      const [program, file] = process.argv.slice(2);
      await runOwnChild([process.execPath, program], [file], undefined, new AbortController().signal);`;
    const args = [bundle(main, folder('parent.mjs')), busyProgram(), folder('pid')];
    const parent = spawn(process.execPath, args, { stdio: 'inherit' });
    try {
      await eventually('the child is at work', () => pidWritten() > 0);
      expect(runs(pidWritten())).toBe(true);
    } finally {
      parent.kill('SIGKILL');
    }
    await eventually('the child is gone', () => !runs(pidWritten()));
  });
});
