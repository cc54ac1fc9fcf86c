// What is mounted for the suite, every way to unmount it, and what the writers beside it say of that.

import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../../guest/machine.ts';
import { type Measurement, measure, write } from '../../guest/results.ts';
import { Rig, versions, type Which } from './rig.ts';

export const machine = new Machine('mounts', '10.9.0.31');
const rigs = (key: string, second: 'control' | 'data') =>
  versions.map(version => new Rig(machine, version, key, second));
export const besideControl = rigs('beside', 'control');
export const twins = rigs('twin', 'data');
export const forced = rigs('forced', 'control');
export const lazy = rigs('lazy', 'control');
export const all = [...besideControl, ...twins, ...forced, ...lazy];

export const UP = 'the server answers';
export const GONE = 'the server has vanished';
/** What -f does to a call. Linux 6.1 lets a number out for it that is not meant for programs, and that none knows. */
export const FAILED = /EIO|Input\/output error|error -?512/;

export function measureUnmount(
  fault: string,
  rig: Rig,
  which: Which,
  ...flags: readonly string[]
): Promise<Measurement> {
  const words = ['umount', ...flags].join(' ');
  const what = which === 'data' ? 'data mount in use' : rig.isOneSuperblock ? 'second mount like it' : 'control mount';
  return measure({ fault, driver: `kernel, ${rig.version}`, call: `${words} of a ${what}` }, 30, () =>
    rig.unmount(which, ...flags),
  );
}

export async function unmountSoon(fault: string, rig: Rig, which: Which, ...flags: readonly string[]): Promise<void> {
  const { outcome, seconds } = await measureUnmount(fault, rig, which, ...flags);
  equal(outcome, 'ok', `${rig.version}: umount ${flags.join(' ')}: ${outcome}`);
  ok(seconds <= 6, `${rig.version}: umount ${flags.join(' ')} took ${seconds} s`);
  equal(rig.isMounted(which), false);
}

/** The plugin's way with a control mount that has a call stuck in it. */
export async function tearDown(rig: Rig): Promise<void> {
  const stuck = machine.spawn('cat', `${rig.path('second')}/lines`);
  const ended = once(stuck, 'close');
  let said = '';
  stuck.stderr?.on('data', part => {
    said += String(part);
  });
  await sleep(3000);
  equal(stuck.exitCode, null, `${rig.version}: the call on the control mount is not stuck`);
  const freed = measure(
    { fault: GONE, driver: `kernel, ${rig.version}`, call: 'a stuck call ends after umount -f' },
    30,
    () => ended,
  );
  await measureUnmount(GONE, rig, 'second', '-f');
  if (rig.isMounted('second')) await unmountSoon(GONE, rig, 'second', '-l');
  const { seconds, outcome } = await freed;
  equal(outcome, 'ok', `${rig.version}: the call on the control mount is still stuck`);
  ok(seconds <= 10, `${rig.version}: the call on the control mount came back after ${seconds} s`);
  match(said, FAILED);
  write({ kind: 'note', text: `${rig.version}, the stuck call after -f: ${said.trim()}` });
}

export async function unharmed(rig: Rig, milliseconds: number): Promise<void> {
  await rig.writer.goesOn(milliseconds);
  deepEqual(rig.writer.errors, []);
  const lines = rig.linesOnServer();
  deepEqual(
    lines,
    lines.map((_, at) => String(at + 1)),
  );
}

export function missing(rig: Rig): string {
  const there = new Set(rig.linesOnServer());
  const lost = rig.writer.appended.filter(({ line }) => !there.has(String(line))).map(({ line }) => line);
  return lost.length === 0 ? 'all lines are on the server' : `lines ${lost.join(', ')} are not on the server`;
}

export const tell = (what: string, errors: readonly string[]) =>
  write({ kind: 'note', text: `${what}: ${errors.join('; ') || 'no error'}` });
