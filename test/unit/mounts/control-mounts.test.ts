import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ControlMounts } from '../../../src/mounts/control-mounts.ts';
import type { MountPlan } from '../../../src/mounts/mount-plan.ts';
import { mountsBelow, readMountTable } from '../../../src/mounts/mount-table.ts';
import { Mounter } from '../../../src/mounts/mounter.ts';
import { type RunCommand, runCommand } from '../../../src/system/run-command.ts';
import { mountHelpers, writeMountHelper } from '../../fakes/mount-helper.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const ample = 20_000;
const plan: MountPlan = {
  kind: 'helper',
  helper: 'mount.nfs',
  source: '10.0.0.5:/e',
  options: ['soft'],
  fsTypes: ['tmpfs'],
};
const mounted = () => mountsBelow(readMountTable(), folder('control'));
let commands: string[];

beforeEach(() => {
  commands = [];
});

function controlMounts(script: string = mountHelpers.works) {
  const run: RunCommand = (file, args, options) => {
    commands.push([file.split('/').at(-1), ...args.slice(0, -1)].join(' '));
    return runCommand(file, args, options);
  };
  const mounter = new Mounter({
    run,
    readTable: readMountTable,
    stage: folder('stage'),
    prepared: Promise.resolve(),
    explain: () => Promise.resolve('explained'),
    helpers: { 'mount.nfs': writeMountHelper(folder('helper'), script), mount: 'mount', umount: 'umount' },
  });
  return new ControlMounts(folder('control'), mounter);
}

describe('our own view of a share', () => {
  test('is mounted once for all who ask, in a folder of its label', async () => {
    const control = controlMounts();
    const paths = await Promise.all(Array.from({ length: 10 }, () => control.ensure('nas', plan, ample)));
    expect(new Set(paths)).toEqual(new Set([folder('control/nas')]));
    expect(mounted()).toHaveLength(1);
    expect(commands).toHaveLength(1);
  });

  test('one label that hangs holds no other', async () => {
    const slow = `case "$1" in *slow*) while :; do sleep 1; done;; esac; ${mountHelpers.works}`;
    const control = controlMounts(slow);
    const hanging = control.ensure('slow', { ...plan, source: '10.0.0.6:/slow' }, 3000);
    const order: string[] = [];
    const done = hanging.catch(() => order.push('slow'));
    await control.ensure('nas', plan, ample).then(() => order.push('nas'));
    await done;
    expect(order).toEqual(['nas', 'slow']);
    expect(mounted().map(entry => entry.mountPoint)).toEqual([folder('control/nas')]);
  });

  test('is let go plainly when it is idle, and stays when it is at work', async () => {
    const control = controlMounts();
    const path = await control.ensure('nas', plan, ample);
    const child = spawn('sh', ['-c', 'echo here; exec sleep 3600'], { cwd: path, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      await expect(control.release('nas')).rejects.toThrow('busy');
      expect(mounted()).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await control.release('nas');
    expect(mounted()).toEqual([]);
    expect(commands.filter(command => / -[fl]( |$)/.test(command))).toEqual([]);
  });

  test('is dropped by force, whoever is in it, and can be had again', async () => {
    const control = controlMounts();
    const path = await control.ensure('nas', plan, ample);
    const child = spawn('sh', ['-c', 'echo here; exec sleep 3600'], { cwd: path, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      await control.drop('nas');
      expect(mounted()).toEqual([]);
      expect(commands.slice(1)).toEqual(['umount -i -n -c -f', 'umount -i -n -c -l']);
      await control.drop('nas');
      await control.ensure('nas', plan, ample);
      expect(mounted()).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('that has served one piece of work goes with its place, by force where it does not let itself go', async () => {
    const control = controlMounts();
    for (const how of ['plainly', 'by force'] as const) {
      const path = await control.ensure('@once', plan, ample);
      await control.forget('@once', how);
      expect(existsSync(path)).toBe(false);
    }
    const busy = await control.ensure('@once', plan, ample);
    const child = spawn('sh', ['-c', 'echo here; exec sleep 3600'], { cwd: busy, stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    await control.forget('@once', 'plainly');
    expect(mounted()).toEqual([]);
    expect(existsSync(busy)).toBe(false);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
});
