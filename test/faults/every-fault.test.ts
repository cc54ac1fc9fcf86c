import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isFailure } from '../../src/errors.ts';
import { type FaultKind, faultKinds } from './every-fault/faults.ts';
import { must, same } from './every-fault/same.ts';
import { lifeGoesOn, type Scene, scenes } from './every-fault/scenes.ts';
import { tracesOf } from './every-fault/traces.ts';
import { makeWorld, reach, type World } from './every-fault/world.ts';

// Every verb, at every one of its file operations, with every way in which a share fails: what it was told is right, nothing
// is lost or there twice, and whoever comes next, here or on another host, finds a volume that can be used and removed.
//
// The kinds of faults go side by side, each on a share of its own: a share that was lost takes a second to be asked again.

const LIMIT = 300_000;
let top: string;
/** By the kind of fault, for scenes without mounts and with */
let worlds: Map<string, World>;
let volumes = 0;

beforeAll(() => {
  // In memory where there is such a folder: thousands of records are synced here.
  top = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'every-fault-'));
  worlds = new Map();
});
afterAll(() => {
  for (const world of worlds.values()) world.stop();
  rmSync(top, { recursive: true });
});

test.each(scenes.map(scene => [scene.title, scene] as const))(
  '%s: whatever fails, nothing is lost, and it goes on afterwards',
  async (_, scene) => {
    const all = await Promise.allSettled(faultKinds.map(kind => everyOperation(scene, kind)));
    expect(all.flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))).toEqual([]);
    const counts = all.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
    const operations = Math.max(...counts);
    process.stdout.write(
      `${scene.title}: ${operations} operations, ${counts.reduce((sum, each) => sum + each)} cases\n`,
    );
    expect(operations).toBeGreaterThan(0);
  },
  LIMIT,
);

/** Returns how many operations the verb has: with every one of them hit in turn. */
async function everyOperation(scene: Scene, kind: FaultKind): Promise<number> {
  const key = `${kind.title} ${scene.mounts ?? false}`;
  const world = worlds.get(key) ?? makeWorld(top, scene.mounts ?? false);
  worlds.set(key, world);
  for (let number = 1; number < 200; number += 1) {
    if (number > (scene.most ?? number)) return number - 1;
    volumes += 1;
    const volume = `v${volumes}`;
    const isHit = await oneCase(scene, kind, world, volume, number).catch((error: unknown) => {
      // What has gone wrong here is not to go on in the next scene.
      world.stop();
      worlds.delete(key);
      throw new Error(describe(scene, kind, world, volume, number, error), { cause: error });
    });
    if (!isHit) return number - 1;
  }
  throw new Error('the verb never ended');
}

async function oneCase(scene: Scene, kind: FaultKind, world: World, volume: string, number: number): Promise<boolean> {
  const { faulty, share } = world;
  await reach(world, world.alpha);
  await scene.prepare?.(world, volume);
  const before = faulty.calls.length;
  faulty.faults = [kind.at(number)];
  const reached = () => faulty.calls.length - before >= number;
  const failed = await scene.verb(world, volume, reached).then(
    () => undefined,
    (error: unknown) => error,
  );
  const isHit = reached();
  faulty.letGo();
  if (failed !== undefined) isSaidWell(failed);
  const { content, record } = tracesOf(share, volume);
  must(record !== 'unreadable', 'there is a half-written record');
  if (scene.content !== undefined) same(content.length, scene.content, `the content is in [${content.join(', ')}]`);
  await reach(world, world.alpha);
  await scene.check(world, volume, failed);
  if (scene.content !== undefined) {
    const after = tracesOf(share, volume).content;
    same(after.length, scene.content, `afterwards the content is in [${after.join(', ')}]`);
  }
  await lifeGoesOn(world, volume, scene.mounts === true && number % 4 === 1);
  if (scene.content !== undefined) same(tracesOf(share, volume).content.length, 1, 'at last the content is lost');
  for (const entry of readdirSync(join(share, '.nfs-shared/trash')))
    rmSync(join(share, '.nfs-shared/trash', entry), { recursive: true });
  // These would stay for an hour, and make every look longer: signs of records that were never made, and questions for the time.
  rmSync(join(share, '.nfs-shared/attachments', volume), { recursive: true, force: true });
  for (const file of readdirSync(join(share, '.nfs-shared/hosts')))
    if (file.startsWith('.')) rmSync(join(share, '.nfs-shared/hosts', file), { force: true });
  return isHit;
}

function isSaidWell(failed: unknown): void {
  if (!isFailure(failed)) throw failed;
  must(failed.code !== 'Unexpected', failed.message);
  must(/ /.test(failed.message) && !/undefined|\[object|Error:/.test(failed.message), failed.message);
}

function describe(
  scene: Scene,
  kind: FaultKind,
  { faulty }: World,
  volume: string,
  number: number,
  error: unknown,
): string {
  const text = error instanceof Error ? error.message : String(error);
  const calls = faulty.calls.slice(-40).map(({ operation, path }) => `    ${operation} ${path}`);
  return `${scene.title}, ${kind.title}, operation ${number} (${volume}): ${text}\nThe last calls:\n${calls.join('\n')}`;
}
