import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FaultyFiles } from '../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../fakes/plugin-host.ts';

// A process may die between any two of its file operations, before or after the last one was done. Whatever it leaves, the
// next life of the plugin has to make right, and data must be either where the volume was or in trash, once.

let folder: string;
let share: string;
let hosts: PluginHost[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'));
  fresh();
  hosts = [];
});
afterEach(() => {
  for (const host of hosts) host.stop();
  rmSync(folder, { recursive: true });
});

function fresh(): void {
  share = mkdtempSync(join(folder, 'share-'));
}

function life(faulty?: FaultyFiles): PluginHost {
  const home = mkdtempSync(join(folder, 'host-'));
  const remoteDirs = { disk: { type: 'local', path: share } };
  const host = startHost(home, {
    remoteDirs,
    mounts: false,
    readNamespaces: async () => [],
    ...(faulty === undefined ? {} : { fileWork: faulty.over }),
  });
  hosts.push(host);
  return host;
}

const options = new Map(Object.entries({ uid: '4321', gid: '1234', mode: '2750' }));
const content = 'what nobody may lose\n';
const hash = createHash('sha256').update(content).digest('hex');
const record = () =>
  JSON.parse(readFileSync(join(share, '.nfs-shared/volumes/db.json'), 'utf8')) as Record<string, unknown>;

/** What is said about the volume, without what tells one time from another; and what is on its way to the trash */
function leftOver(): string[] {
  const at = join(share, '.nfs-shared/attachments/db');
  const signs = existsSync(at) ? readdirSync(at) : [];
  const leaving = readdirSync(join(share, '.nfs-shared/trash')).filter(name => name.endsWith('.leaving'));
  return [...signs.map(name => name.replace(/\..*/, '')), ...leaving];
}

/** Every place below the share where the content lies, as the path of its folder. */
function placesOfContent(at = ''): string[] {
  return readdirSync(join(share, at), { withFileTypes: true }).flatMap(entry => {
    const path = join(at, entry.name);
    if (entry.isDirectory()) return placesOfContent(path);
    const found = createHash('sha256')
      .update(readFileSync(join(share, path)))
      .digest('hex');
    return found === hash ? [at] : [];
  });
}

/** Runs the verb again and again, dying one operation later each time, until it outlives its death. */
async function dieEverywhere(
  done: boolean,
  prepare: () => Promise<void>,
  verb: (host: PluginHost) => Promise<void>,
  check: (host: PluginHost) => Promise<void>,
): Promise<number> {
  for (let at = 1; at < 200; at += 1) {
    fresh();
    await prepare();
    const faulty = new FaultyFiles();
    faulty.death = { at, done };
    const dying = life(faulty);
    const survived = await verb(dying).then(
      () => true,
      () => false,
    );
    dying.stop();
    if (survived) return at;
    const next = life();
    await check(next);
    next.stop();
  }
  throw new Error('the verb never ended');
}

const nothing = async () => {};
const withData = async () => {
  const host = life();
  await host.volumes.create('db@disk', options);
  writeFileSync(join(share, 'db', 'data'), content);
  host.stop();
};

describe.each([
  ['before an operation is done', false],
  ['after it is done', true],
])('a process that dies %s', (_, done) => {
  test('while it creates a volume leaves none, or one the next Create finishes', async () => {
    const steps = await dieEverywhere(
      done,
      nothing,
      host => host.volumes.create('db@disk', options),
      async host => {
        const shown = await host.volumes.get('db@disk');
        if (shown !== undefined) expect(leftOver()).toEqual([]);
        await host.volumes.create('db@disk', options);
        expect(leftOver()).toEqual([]);
        expect(record()).toMatchObject({
          adopted: false,
          options: { uid: 4321, gid: 1234, mode: '2750' },
        });
        const { uid, gid, mode } = statSync(join(share, 'db'));
        expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 4321, gid: 1234, mode: 0o2750 });
        expect(await host.volumes.get('db@disk')).toMatchObject({ status: { state: 'ok' } });
      },
    );
    expect(steps).toBeGreaterThan(10);
  }, 120_000);

  test('while it removes a volume has lost nothing, and the next Remove ends in trash', async () => {
    const steps = await dieEverywhere(
      done,
      withData,
      host => host.volumes.remove('db@disk'),
      async host => {
        expect(placesOfContent()).toHaveLength(1);
        await host.volumes.remove('db@disk');
        const places = placesOfContent();
        expect(places).toEqual([expect.stringMatching(/^\.nfs-shared\/trash\/\d{8}T\d{9}Z-[^/]+-db\/data$/)]);
        expect(existsSync(join(share, `${places[0]}/../record.json`))).toBe(true);
        expect(await host.volumes.get('db@disk')).toBeUndefined();
        await host.volumes.create('db@disk', new Map());
        expect(readdirSync(join(share, 'db'))).toEqual([]);
        expect(placesOfContent()).toEqual(places);
        // Whatever the dead one has left said, it is nothing that keeps the new volume from going.
        await host.volumes.remove('db@disk');
        expect(leftOver()).toEqual([]);
        expect(placesOfContent()).toEqual(places);
      },
    );
    expect(steps).toBeGreaterThan(8);
  }, 120_000);

  test("while it takes somebody's folder as a volume leaves it as it was", async () => {
    await dieEverywhere(
      done,
      async () => {
        mkdirSync(join(share, 'db'), { mode: 0o711 });
        writeFileSync(join(share, 'db', 'data'), content);
      },
      host => host.volumes.create('db@disk', new Map()),
      async host => {
        await host.volumes.create('db@disk', new Map());
        expect(record()).toMatchObject({ adopted: true });
        expect(statSync(join(share, 'db')).mode & 0o7777).toBe(0o711);
        await host.volumes.remove('db@disk');
        expect(placesOfContent()).toEqual(['db']);
      },
    );
  }, 120_000);
});
