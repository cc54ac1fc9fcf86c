import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Failure } from '../../../src/errors.ts';
import { Credentials } from '../../../src/mounts/credentials.ts';
import type { HelperMount } from '../../../src/mounts/mount-plan.ts';
import { mountAt, mountsBelow, parseMountTable, readMountTable } from '../../../src/mounts/mount-table.ts';
import {
  clearBelow,
  type Explain,
  Mounter,
  type MounterParts,
  makePrivateFolder,
} from '../../../src/mounts/mounter.ts';
import { type RunCommand, runCommand } from '../../../src/system/run-command.ts';
import { Secret } from '../../../src/system/secret.ts';
import { mountHelpers, writeMountHelper } from '../../fakes/mount-helper.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const ample = 20_000;
const share: HelperMount = {
  kind: 'helper',
  helper: 'mount.nfs',
  source: '10.0.0.5:/export',
  options: ['vers=4.2', 'hard'],
  fsTypes: ['tmpfs'],
};
let commands: string[][];
const children: ChildProcess[] = [];

beforeEach(() => {
  commands = [];
  for (const name of ['target', 'source', 'stage']) mkdirSync(folder(name));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

const recording: RunCommand = (file, args, options) => {
  commands.push([file, ...args]);
  return runCommand(file, args, options);
};

function mounter(
  script: string = mountHelpers.works,
  run: RunCommand = recording,
  more: Partial<MounterParts> = {},
): Mounter {
  return new Mounter({
    run,
    readTable: readMountTable,
    stage: folder('stage'),
    prepared: Promise.resolve(),
    explain: (_, result) => Promise.resolve(result.timedOut ? 'explained: late' : `explained: ${result.stderr}`),
    helpers: { 'mount.nfs': writeMountHelper(folder('helper'), script), mount: 'mount', umount: 'umount' },
    ...more,
  });
}

const mountedAt = (path: string) => readMountTable().filter(entry => entry.mountPoint === path);
const unmounts = () => commands.filter(([file]) => file === 'umount').map(args => args.slice(1, -1).join(' '));

/** A process that stands in the folder, and so keeps it busy. */
async function standIn(path: string): Promise<void> {
  const child = spawn('sh', ['-c', 'echo here; exec sleep 3600'], { cwd: path, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
}

describe('mounting a share', () => {
  test('the helper is called with source, target and options, and the entry is what the table shows', async () => {
    const entry = await mounter().mount(share, folder('target'), ample);
    expect(entry).toMatchObject({ type: 'tmpfs', source: '10.0.0.5:/export', mountPoint: folder('target') });
    expect(commands).toEqual([[folder('helper'), share.source, folder('target'), '-o', 'vers=4.2,hard']]);
  });

  test('a login gets to the helper as a file, and neither as an argument nor in its environment', async () => {
    const seen = folder('seen');
    const script = `{ cat /proc/$$/cmdline /proc/$$/environ; f="\${4#*credentials=}"; cat "\${f%%,*}"; } >"${seen}"; ${mountHelpers.works}`;
    const login = { user: 'bob', password: new Secret('hunter2') };
    const credentials = new Credentials({ folder: folder('secrets'), source: folder('none') });
    await mounter(script, recording, { credentials }).mount({ ...share, login }, folder('target'), ample);
    const [before, after = ''] = readFileSync(seen, 'latin1').split('username=bob\n');
    expect(after).toBe('password=hunter2\n');
    expect(before).toContain('credentials=');
    expect(before).not.toContain('hunter2');
    expect(JSON.stringify(commands)).not.toContain('hunter2');
    expect(readdirSync(folder('secrets'))).toEqual([]);
  });

  test('a login that cannot be had is the reason, and no helper is run', async () => {
    const credentials = new Credentials({ folder: folder('secrets'), source: folder('none') });
    const refused = mounter(mountHelpers.works, recording, { credentials });
    const mounting = refused.mount({ ...share, login: { file: 'nas' } }, folder('target'), ample);
    await expect(mounting).rejects.toThrow(/cannot be mounted: the credentials file "nas" cannot be read/);
    const without = mounter().mount({ ...share, login: { file: 'nas' } }, folder('target'), ample);
    await expect(without).rejects.toThrow(/no login can be handed/);
    expect(commands).toEqual([]);
  });

  test('who explains a failure can try another mount, which nobody sees and which leaves nothing', async () => {
    const explain: Explain = async (plan, _, tryPlan) => {
      const other = await tryPlan({ ...plan, source: 'works' }, ample);
      return `with another source: ${other.ok}, seen: ${mountsBelow(readMountTable(), folder()).length}`;
    };
    const script = `[ "$1" = works ] || exit 32; ${mountHelpers.works}`;
    const failing = mounter(script, recording, { explain }).mount(share, folder('target'), ample);
    await expect(failing).rejects.toThrow('cannot be mounted: with another source: true, seen: 0');
    expect(mountsBelow(readMountTable(), folder())).toEqual([]);
    expect(readdirSync(folder('stage'))).toEqual([]);
  });

  test('a reason that is a failure of its own is thrown as it is', async () => {
    const reason = new Failure('ShareMissing', { source: 's', server: 'h', share: 'x', folder: undefined });
    const failing = mounter(mountHelpers.refuses, recording, { explain: () => Promise.resolve(reason) });
    await expect(failing.mount(share, folder('target'), ample)).rejects.toBe(reason);
  });

  test('a helper that says yes and has mounted nothing is not believed', async () => {
    await expect(mounter(mountHelpers.saysYesDoesNothing).mount(share, folder('target'), ample)).rejects.toMatchObject({
      code: 'MountFailed',
    });
  });

  test('a helper that refuses is explained, and never by a number', async () => {
    const told = mounter(mountHelpers.refuses).mount(share, folder('target'), ample);
    await expect(told).rejects.toThrow('10.0.0.5:/export cannot be mounted: explained: mount.nfs: access denied');
  });

  test.each([
    ['mount.nfs: mounting h:/x failed, reason given by server: No such file or directory', true],
    ['mount.nfs: access denied by server while mounting h:/x', false],
  ])('what the helper itself has said stands behind that: %s', async (text, saysMissing) => {
    const told = mounter(`echo '${text}' >&2; exit 32`).mount(share, folder('target'), ample);
    await expect(told).rejects.toMatchObject({ cause: { message: text, saysMissing } });
  });

  test('a helper that is not installed is named, with what to install', async () => {
    const helpers = { 'mount.nfs': folder('missing'), mount: 'mount', umount: 'umount' };
    const parts = { run: runCommand, readTable: readMountTable, stage: folder('stage'), prepared: Promise.resolve() };
    const without = new Mounter({ ...parts, helpers, explain: () => Promise.resolve('no') });
    await expect(without.mount(share, folder('target'), ample)).rejects.toThrow(
      /mount\.nfs .*ENOENT.*install nfs-common/,
    );
  });

  test.each([
    ['hangs', mountHelpers.hangs],
    ['has mounted and then hangs', mountHelpers.mountsThenHangs],
    ['has mounted and then fails', mountHelpers.mountsThenFails],
    ['has mounted something else', mountHelpers.mountsSomethingElse],
  ])('after a helper that %s nothing is mounted', async (_, script) => {
    await expect(mounter(script).mount(share, folder('target'), 1500)).rejects.toMatchObject({ code: 'MountFailed' });
    expect(mountedAt(folder('target'))).toEqual([]);
  });

  test('what was mounted before a failed attempt stays', async () => {
    const before = await mounter().mount(share, folder('target'), ample);
    await expect(mounter(mountHelpers.mountsThenFails).mount(share, folder('target'), ample)).rejects.toThrow(
      'too bad',
    );
    expect(mountedAt(folder('target')).map(entry => entry.id)).toEqual([before.id]);
  });

  test('nothing is mounted before the private folder is prepared, nor without it', async () => {
    const parts = { run: recording, readTable: readMountTable, stage: folder('stage') };
    const prepared = Promise.reject(new Error('no private folder'));
    const unable = new Mounter({ ...parts, prepared, explain: () => Promise.resolve('') });
    await expect(unable.mount(share, folder('target'), ample)).rejects.toThrow('no private folder');
    expect(commands).toEqual([]);
  });
});

describe('unmounting', () => {
  test('an idle mount goes plainly, without a look at the server', async () => {
    await mounter().mount(share, folder('target'), ample);
    await mounter().unmount(folder('target'), ample);
    expect(mountedAt(folder('target'))).toEqual([]);
    expect(unmounts()).toEqual(['-i -n -c']);
  });

  test('a busy one goes lazily: who stands in it keeps it', async () => {
    await mounter().mount(share, folder('target'), ample);
    writeFileSync(folder('target/file'), 'still here');
    await standIn(folder('target'));
    await mounter().unmount(folder('target'), ample);
    expect(mountedAt(folder('target'))).toEqual([]);
    expect(unmounts()).toEqual(['-i -n -c', '-i -n -c -l']);
    expect(readFileSync(`/proc/${children[0]?.pid}/cwd/file`, 'utf8')).toBe('still here');
  });

  test('plainly, a busy one stays, and the reason is told', async () => {
    await mounter().mount(share, folder('target'), ample);
    await standIn(folder('target'));
    await expect(mounter().unmount(folder('target'), ample, 'plainly')).rejects.toThrow(/unmounted \(.*busy/);
    expect(mountedAt(folder('target'))).toHaveLength(1);
  });

  test('by force is asked for by name, and only then -f is used', async () => {
    await mounter().mount(share, folder('target'), ample);
    await standIn(folder('target'));
    await mounter().unmount(folder('target'), ample, 'by force');
    expect(mountedAt(folder('target'))).toEqual([]);
    expect(unmounts()).toEqual(['-i -n -c -f', '-i -n -c -l']);
  });

  test('of mounts on top of each other each one goes, and no more than each', async () => {
    const one = mounter();
    for (let layer = 0; layer < 4; layer += 1) await one.mount(share, folder('target'), ample);
    expect(mountedAt(folder('target'))).toHaveLength(4);
    await one.unmount(folder('target'), ample);
    expect(mountedAt(folder('target'))).toEqual([]);
    expect(unmounts()).toEqual(Array(4).fill('-i -n -c'));
  });

  test('where nothing is mounted nothing is run', async () => {
    await mounter().unmount(folder('target'), ample);
    await mounter().unmount(folder('missing'), ample, 'by force');
    expect(commands).toEqual([]);
  });
});

describe('binding a folder', () => {
  const options = ['ro', 'nosuid', 'nodev'];
  const bind = (source = folder('source')) => ({ kind: 'bind' as const, source, options });

  test('it has its flags, and no stage is left', async () => {
    writeFileSync(folder('source/file'), 'text');
    const entry = await mounter().mount(bind(), folder('target'), ample);
    expect(entry.options).toEqual(expect.arrayContaining(options));
    expect(readFileSync(folder('target/file'), 'utf8')).toBe('text');
    expect(() => writeFileSync(folder('target/new'), '')).toThrow('EROFS');
    expect(readdirSync(folder('stage'))).toEqual([]);
    expect(mountsBelow(readMountTable(), folder('stage'))).toEqual([]);
  });

  test('a folder that is missing is an error that says so, and leaves nothing', async () => {
    await expect(mounter().mount(bind(folder('missing')), folder('target'), ample)).rejects.toThrow(
      /missing.*does not exist/,
    );
    expect(mountsBelow(readMountTable(), folder())).toEqual([]);
    expect(readdirSync(folder('stage'))).toEqual([]);
  });

  test('a bind that was made although its command failed is taken away again', async () => {
    const liar: RunCommand = async (file, args, limits) => {
      const result = await runCommand(file, args, limits);
      const isLast = file === 'mount' && args.at(-1) === folder('target');
      return isLast ? { ...result, ok: false, timedOut: true, exitCode: undefined } : result;
    };
    await expect(mounter(mountHelpers.works, liar).mount(bind(), folder('target'), ample)).rejects.toThrow('in time');
    expect(mountsBelow(readMountTable(), folder())).toEqual([]);
  });

  describe('into a folder whose mounts another namespace sees', () => {
    let other: ChildProcess;

    beforeEach(async () => {
      mkdirSync(folder('seen/by-us'), { recursive: true });
      mkdirSync(folder('private'));
      execFileSync('mount', ['-n', '--bind', folder('seen'), folder('seen')]);
      execFileSync('mount', ['-n', '--make-shared', folder('seen')]);
      other = spawn('unshare', ['--mount', '--propagation', 'slave', 'sh', '-c', 'echo here; exec sleep 3600'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(other);
      if (other.stdout !== null) await once(other.stdout, 'data');
    });

    const copy = () =>
      mountAt(parseMountTable(readFileSync(`/proc/${other.pid}/mountinfo`, 'utf8')), folder('seen/by-us'));
    const writeThere = () =>
      execFileSync('nsenter', ['-t', String(other.pid), '-m', 'touch', folder('seen/by-us/written')], {
        stdio: 'pipe',
      });

    test('the copy there has the flags too, and refuses writes', async () => {
      await makePrivateFolder({ run: runCommand, readTable: readMountTable }, folder('private'));
      const staged = new Mounter({
        run: runCommand,
        readTable: readMountTable,
        stage: folder('private/stage'),
        prepared: Promise.resolve(),
        explain: () => Promise.resolve(''),
      });
      await staged.mount(bind(), folder('seen/by-us'), ample);
      expect(copy()?.options).toEqual(expect.arrayContaining(options));
      expect(writeThere).toThrow('Read-only file system');
      // The stage itself was seen by nobody.
      await staged.unmount(folder('seen/by-us'), ample);
      expect(copy()).toBeUndefined();
    });

    test('made the simple way it would be writable there: this is what the stage is for', () => {
      execFileSync('mount', ['-n', '-o', `bind,${options.join(',')}`, folder('source'), folder('seen/by-us')]);
      expect(mountedAt(folder('seen/by-us'))[0]?.options).toContain('ro');
      expect(copy()?.options).not.toContain('ro');
      expect(writeThere).not.toThrow();
    });
  });
});

describe('a private folder', () => {
  const edge = { run: runCommand, readTable: readMountTable };

  test('is made once, and what an earlier life left in it is let go', async () => {
    await makePrivateFolder(edge, folder('run'));
    await makePrivateFolder(edge, folder('run'));
    expect(mountedAt(folder('run'))).toHaveLength(1);
    mkdirSync(folder('run/control/nas'), { recursive: true });
    for (const path of ['run/control/nas', 'run/control/nas']) await mounter().mount(share, folder(path), ample);
    mkdirSync(folder('run/control/nas/deep'));
    await mounter().mount(share, folder('run/control/nas/deep'), ample);
    await standIn(folder('run/control/nas/deep'));
    await clearBelow(edge, folder('run'));
    expect(mountsBelow(readMountTable(), folder('run'))).toEqual([]);
    expect(mountedAt(folder('run'))).toHaveLength(1);
  });

  test('where none can be made the reason is told', async () => {
    const without = {
      ...edge,
      run: () => runCommand('sh', ['-c', 'echo "mount: permission denied." >&2; exit 1'], { milliseconds: ample }),
    };
    await expect(makePrivateFolder(without, folder('run'))).rejects.toThrow('permission denied');
  });
});
