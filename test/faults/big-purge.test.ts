import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '../docker/until.ts';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';
import { type Daemon, startDaemon } from '../fakes/daemon-process.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';

// A volume of very many files is gone for Docker at once, and deleted by a child meanwhile, whatever happens to either.

const FILES = 20_000;
const IN_A_FOLDER = 100;
const LIMIT = 300_000;
let built: BuiltPlugin;
let folder: string;
let share: string;
let daemons: Daemon[];
beforeAll(() => {
  built = buildPlugin();
}, 90_000);
afterAll(() => built.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'big-purge-'));
  share = join(folder, 'share');
  mkdirSync(share);
  daemons = [];
});
afterEach(async () => {
  for (const daemon of daemons) await daemon.end('SIGKILL');
  unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

async function start(): Promise<Daemon> {
  const daemon = await startDaemon(built, folder, { remoteDirs: { disk: { type: 'local', path: share } } });
  daemons.push(daemon);
  return daemon;
}

function fill(volume: string, count: number): void {
  for (let made = 0; made < count; made += 1) {
    const at = join(share, volume, `d${Math.floor(made / IN_A_FOLDER)}`);
    if (made % IN_A_FOLDER === 0) mkdirSync(at);
    writeFileSync(join(at, `f${made}`), '');
  }
}

const trash = () => readdirSync(join(share, '.nfs-shared/trash'));
/** The folders of the removed volume that are still there; undefined: none is */
function foldersLeft(): number | undefined {
  const [entry] = trash();
  const data = join(share, '.nfs-shared/trash', entry ?? 'none', 'data');
  return existsSync(data) ? readdirSync(data).length : undefined;
}
const childrenOf = ({ child }: Daemon) =>
  readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Removes a volume, and ends the plugin and its child by SIGKILL when a part of it is deleted. false: it was too late. */
async function killedHalfWay(volume: string, count: number): Promise<boolean> {
  const daemon = await start();
  await daemon.create(`${volume}@disk`, { 'on-remove': 'delete' });
  fill(volume, count);
  expect((await daemon.remove(`${volume}@disk`)).Err ?? '').toBe('');
  expect(await daemon.list()).toEqual([]);
  const all = count / IN_A_FOLDER;
  await until('the deleting had begun', 60_000, () => ((foldersLeft() ?? 0) < all ? true : undefined));
  const children = childrenOf(daemon);
  await daemon.end('SIGKILL');
  for (const pid of children) if (isPurge(pid)) process.kill(pid, 'SIGKILL');
  return (foldersLeft() ?? 0) > 0;
}

function isPurge(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('purge');
  } catch {
    return false;
  }
}

test(
  'the deleting of twenty thousand files that was ended by SIGKILL goes on after the next start, to its end',
  async () => {
    let isHalfWay = false;
    // A machine may be so busy with others that it is done before we look: then there are more files the next time.
    for (let tries = 0; !isHalfWay && tries < 4; tries += 1)
      isHalfWay = await killedHalfWay(`v${tries}`, FILES << tries);
    expect(isHalfWay).toBe(true);
    const left = foldersLeft();
    await sleep(300);
    expect(foldersLeft()).toBe(left);
    const next = await start();
    await until('all was deleted', 200_000, () => (trash().length === 0 ? true : undefined));
    expect(readdirSync(share)).toEqual(['.nfs-shared']);
    expect(next.output()).not.toMatch(/could not be deleted whole/);
  },
  LIMIT,
);
