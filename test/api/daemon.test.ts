import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { until } from '../docker/until.ts';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';
import { type Daemon, type DaemonSettings, outputOf, spawnDaemon, startDaemon } from '../fakes/daemon-process.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';

jest.setTimeout(60_000);

let built: BuiltPlugin;
let folder: string;
let share: string;
let daemons: Daemon[];
beforeAll(() => {
  built = buildPlugin();
}, 90_000);
afterAll(() => built.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-'));
  share = join(folder, 'share');
  mkdirSync(share);
  daemons = [];
});
afterEach(async () => {
  for (const daemon of daemons) await daemon.end('SIGKILL');
  unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

async function start(more: Partial<DaemonSettings> = {}): Promise<Daemon> {
  const remoteDirs = { disk: { type: 'local', path: share } };
  const daemon = await startDaemon(built, folder, { remoteDirs, ...more });
  daemons.push(daemon);
  return daemon;
}

const trash = () => readdirSync(join(share, '.nfs-shared/trash'));
const emptied = () => until('the trash was emptied', 20_000, () => (trash().length === 0 ? true : undefined));

describe('the socket', () => {
  test('can be used by root alone', async () => {
    const { socket } = await start();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  test('that a killed plugin left behind is replaced', async () => {
    const first = await start();
    await first.end('SIGKILL');
    expect(existsSync(first.socket)).toBe(true);
    const second = await start();
    expect(await second.list()).toEqual([]);
  });

  test('of a plugin that still runs is not taken from it', async () => {
    const first = await start();
    const second = spawnDaemon(built, folder, { remoteDirs: { disk: { type: 'local', path: share } } });
    const output = outputOf(second);
    const [exitCode] = (await once(second, 'close')) as [number | null];
    expect(exitCode).toBe(1);
    expect(output()).toMatch(/Cannot start: another plugin already listens on /);
    expect(await first.create('db@disk')).toEqual({});
  });

  test('is gone after a proper end', async () => {
    const daemon = await start();
    await daemon.end('SIGTERM');
    expect(existsSync(daemon.socket)).toBe(false);
  });

  test('keeps a connection that was silent for seven seconds', async () => {
    const { socket: socketPath } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<boolean>((resolve, reject) => {
        const asked = request({ socketPath, agent, method: 'POST', path: '/VolumeDriver.List' }, response => {
          response.resume().on('end', () => resolve(asked.reusedSocket));
        });
        asked.on('error', reject).end('{}\n');
      });
    expect(await ask()).toBe(false);
    await new Promise(resolve => setTimeout(resolve, 7000));
    expect(await ask()).toBe(true);
    agent.destroy();
  });
});

describe('the end', () => {
  // A call of ours that hangs in the kernel, as on a dead server: opening a pipe nobody writes to keeps the thread.
  function hangingAt(path: string): { env: Record<string, string>; hang: () => void } {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const flag = join(folder, 'hang-now');
    const hook = join(folder, 'hook.mjs');
    writeFileSync(
      hook,
      `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const real = fs.promises.lstat;
      fs.promises.lstat = (path, options) =>
        path === ${JSON.stringify(path)} && fs.existsSync(${JSON.stringify(flag)})
          ? fs.promises.open(${JSON.stringify(pipe)}, 'r')
          : real(path, options);
      syncBuiltinESMExports();`,
    );
    return { env: { NODE_OPTIONS: `--import=${pathToFileURL(hook).href}` }, hang: () => writeFileSync(flag, '') };
  }

  test('comes within a second, with a call stuck on a share that hangs', async () => {
    mkdirSync(join(folder, 'other'));
    const { env, hang } = hangingAt(join(share, 'db'));
    const remoteDirs = { disk: { type: 'local', path: share }, other: { type: 'local', path: join(folder, 'other') } };
    const daemon = await start({ remoteDirs, env });
    await daemon.create('db@disk');
    await daemon.create('x@other');
    hang();
    const asked = daemon.get('db@disk');
    await new Promise(resolve => setTimeout(resolve, 200));
    expect((await daemon.get('x@other')).Volume?.Status).toMatchObject({ state: 'ok' });
    expect((await asked).Volume).toMatchObject({ Name: 'db@disk', Status: { state: 'unreachable' } });
    expect(await daemon.end('SIGTERM')).toBeLessThan(1000);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s leaves what is mounted for the containers', async signal => {
    const daemon = await start();
    await daemon.create('db@disk');
    const { Mountpoint } = (await daemon.mount('db@disk', 'id')) as { Mountpoint: string };
    await daemon.end(signal);
    writeFileSync(join(share, 'db', 'x'), 'still there');
    expect(readFileSync(join(Mountpoint, 'x'), 'utf8')).toBe('still there');
  });
});

describe('after a kill', () => {
  test('the same volumes are known, and the share is not mounted a second time', async () => {
    const first = await start();
    await first.create('db@disk');
    await first.mount('db@disk', 'id');
    await first.end('SIGKILL');
    const second = await start();
    expect(await second.list()).toEqual(['db@disk']);
    await second.mount('db@disk', 'id');
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    expect(lines.filter(line => line.includes(` ${join(folder, 'mnt/disk')} `))).toHaveLength(1);
  });

  test('a container that has the volume still keeps it from being removed', async () => {
    const first = await start();
    await first.create('db@disk');
    const { Mountpoint } = (await first.mount('db@disk', 'id')) as { Mountpoint: string };
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    const container = spawn('unshare', ['-m', '--propagation', 'private', 'sleep', '60'], { stdio: 'ignore' });
    try {
      await until('the container has a view of its own', 10_000, () => {
        const own = readFileSync(`/proc/${container.pid}/comm`, 'utf8').trim() === 'sleep';
        return own ? true : undefined;
      });
      execFileSync('nsenter', ['-t', String(container.pid), '-m', 'mount', '--bind', Mountpoint, inside]);
      await first.end('SIGKILL');
      const second = await start();
      expect((await second.remove('db@disk')).Err).toMatch(
        new RegExp(`it is in use by process ${container.pid} at ${inside}`),
      );
      expect((await second.get('db@disk')).Volume?.Status['usedBy']).toEqual([`process ${container.pid} at ${inside}`]);
      const gone = once(container, 'exit');
      container.kill('SIGKILL');
      await gone;
      expect(await second.remove('db@disk')).toEqual({});
    } finally {
      container.kill('SIGKILL');
    }
  });

  test('a purge that was cut short is finished by the next start', async () => {
    const first = await start();
    await first.create('db@disk');
    mkdirSync(join(share, 'db/deep/er'), { recursive: true });
    writeFileSync(join(share, 'db/deep/er/x'), 'x');
    writeFileSync(join(share, 'db/y'), 'y');
    expect(await first.remove('db@disk')).toEqual({});
    await first.end('SIGKILL');
    const [entry = ''] = trash();
    const at = join(share, '.nfs-shared/trash');
    rmSync(join(at, entry, 'data/y'));
    // Its time is not over, but a purge of it was begun: half a volume is nothing to be had back.
    renameSync(join(at, entry), join(at, `purging-${entry}`));
    await start();
    await emptied();
  });
});

describe('what was removed', () => {
  test.each([
    ['with on-remove=delete', 'db@disk', { 'on-remove': 'delete' }],
    ['without ever having had a name', `${'0123456789abcdef'.repeat(4)}@disk`, {}],
  ])('%s is deleted at once, with all that is in it', async (_, name, options) => {
    const daemon = await start();
    await daemon.create(name, options);
    mkdirSync(join(share, name.split('@')[0] ?? '', 'a/b'), { recursive: true });
    writeFileSync(join(share, name.split('@')[0] ?? '', 'a/b/x'), 'x');
    expect(await daemon.remove(name)).toEqual({});
    await emptied();
    expect(readdirSync(share)).toEqual(['.nfs-shared']);
  });

  test('is not deleted where another file system is mounted in it, and that is reported', async () => {
    const daemon = await start();
    await daemon.create('db@disk', { 'on-remove': 'delete' });
    const inside = join(share, 'db/inside');
    mkdirSync(inside);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', inside]);
    writeFileSync(join(inside, 'foreign'), 'not ours');
    writeFileSync(join(share, 'db/ours'), 'ours');
    expect(await daemon.remove('db@disk')).toEqual({});
    await until('it was reported', 20_000, () =>
      daemon.output().includes('could not be deleted whole') ? true : undefined,
    );
    const [entry = ''] = trash();
    const data = join(share, '.nfs-shared/trash', entry, 'data');
    expect(readFileSync(join(data, 'inside/foreign'), 'utf8')).toBe('not ours');
    expect(readdirSync(data)).toEqual(['inside']);
  });
});
