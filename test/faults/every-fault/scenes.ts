// Every verb: what is there before it, the verb itself on alpha, and what has to be so when the fault has gone.

import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFailure } from '../../../src/errors.ts';
import { ownProcess } from '../../../src/system/process-mark.ts';
import { until } from '../../docker/until.ts';
import { must, same } from './same.ts';
import { CONTENT, inTrash, tracesOf } from './traces.ts';
import { insist, reach, shareOf, shown, swept, type World } from './world.ts';

export interface Scene {
  readonly title: string;
  /** Something is really mounted in it, which takes a process each time. */
  readonly mounts?: true;
  /** How many of its operations are tried: it does the same again and again. */
  readonly most?: number;
  readonly prepare?: (world: World, volume: string) => Promise<void>;
  /** `reached`: whether the fault has hit, for a verb that goes on in the background */
  readonly verb: (world: World, volume: string, reached: () => boolean) => Promise<void>;
  /** How many places the content is in, whatever has happened to the verb; undefined: there is none */
  readonly content?: number;
  /** After it; the fault has gone. `failed`: what the verb has said */
  readonly check: (world: World, volume: string, failed: unknown) => Promise<void>;
}

const none = new Map<string, string>();
const options = new Map(Object.entries({ uid: '4321', gid: '1234', mode: '2750' }));
const name = (volume: string) => `${volume}@disk`;

async function withData({ beta, share }: World, volume: string, more: Readonly<Record<string, string>> = {}) {
  await beta.volumes.create(name(volume), new Map([...options, ...Object.entries(more)]));
  writeFileSync(join(share, volume, 'data'), CONTENT);
}

async function withTrash(world: World, volume: string) {
  await withData(world, volume);
  await world.beta.volumes.remove(name(volume));
}

async function withMount(world: World, volume: string) {
  await withData(world, volume);
  await world.alpha.volumes.mount(name(volume), 'id');
}

/** Of a volume that there is, both hosts say so. */
async function isThere(world: World, volume: string): Promise<void> {
  for (const host of [world.alpha, world.beta]) {
    same((await shown(world, host, name(volume)))?.status['state'], 'ok', 'a volume that is there is not shown');
    must(
      (await host.volumes.list()).some(each => each.name === name(volume)),
      'a volume that is there is not listed',
    );
  }
}

async function create(world: World, volume: string, given = none): Promise<void> {
  for (const host of [world.alpha, world.beta]) await insist(world, () => host.volumes.create(name(volume), given));
}

const whole = (world: World, volume: string) => {
  const { uid, gid, mode } = statSync(join(world.share, volume));
  same({ uid, gid, mode: mode & 0o7777 }, { uid: 4321, gid: 1234, mode: 0o2750 });
};

function removeWith(policy: string): Scene {
  return {
    title: `remove, with ${policy}`,
    prepare: (world, volume) => withData(world, volume, { 'on-remove': policy }),
    verb: async ({ alpha }, volume) => {
      await alpha.volumes.remove(name(volume));
    },
    ...(policy === 'delete' ? {} : { content: 1 }),
    check: async (world, volume, failed) => {
      const before = tracesOf(world.share, volume);
      if (policy === 'delete' && failed !== undefined && before.record !== undefined)
        same(before.content.length, 1, 'the content is gone, and the volume is not');
      for (const host of [world.alpha, world.beta]) await insist(world, () => host.volumes.remove(name(volume)));
      await swept(world, world.alpha);
      same(await shown(world, world.beta, name(volume)), undefined, 'a removed volume is shown');
      const { content, underWay } = tracesOf(world.share, volume);
      same(underWay, [], 'a removal is not over');
      if (policy === 'delete') same(content, [], 'it is not deleted');
      if (policy === 'trash') must(content[0]?.startsWith('.nfs-shared'), `it lies in ${content[0]}`);
      if (policy === 'retain') same(content, [volume]);
    },
  };
}

export const scenes: readonly Scene[] = [
  {
    title: 'create',
    verb: ({ alpha }, volume) => alpha.volumes.create(name(volume), options),
    check: async (world, volume, failed) => {
      if (failed === undefined) await isThere(world, volume);
      await create(world, volume, options);
      whole(world, volume);
      await isThere(world, volume);
    },
  },
  {
    title: "create, of somebody's folder",
    prepare: async ({ share }, volume) => {
      mkdirSync(join(share, volume));
      chmodSync(join(share, volume), 0o711);
      writeFileSync(join(share, volume, 'data'), CONTENT);
    },
    verb: ({ alpha }, volume) => alpha.volumes.create(name(volume), none),
    content: 1,
    check: async (world, volume, failed) => {
      const asBefore = () => {
        same(tracesOf(world.share, volume).content, [volume], 'the folder was moved');
        same(statSync(join(world.share, volume)).mode & 0o7777, 0o711);
      };
      asBefore();
      if (failed === undefined) await isThere(world, volume);
      await create(world, volume);
      await isThere(world, volume);
      await insist(world, () => world.beta.volumes.remove(name(volume)));
      asBefore();
    },
  },
  {
    title: 'create, of a volume that there is',
    prepare: withData,
    verb: ({ alpha }, volume) => alpha.volumes.create(name(volume), options),
    content: 1,
    check: isThere,
  },
  {
    title: 'mount',
    mounts: true,
    prepare: withData,
    verb: async ({ alpha }, volume) => void (await alpha.volumes.mount(name(volume), 'id')),
    content: 1,
    check: async (world, volume, failed) => {
      const { alpha, beta, share } = world;
      if (failed === undefined) {
        // Where no sign could be put, the share being full or read-only, the mount has succeeded without one.
        const isSigned = tracesOf(share, volume).signs.includes('attached');
        if (isSigned) await isHeld(world, volume);
        alpha.volumes.unmount(name(volume), 'id');
      }
      await insist(world, async () => {
        await alpha.volumes.mount(name(volume), 'again');
      });
      await isHeld(world, volume);
      alpha.volumes.unmount(name(volume), 'again');
      await insist(world, () => beta.volumes.mount(name(volume), 'other'));
      beta.volumes.unmount(name(volume), 'other');
    },
  },
  {
    title: 'unmount',
    mounts: true,
    prepare: withMount,
    verb: async ({ alpha, share }, volume, reached) => {
      alpha.volumes.unmount(name(volume), 'id');
      await until('the sign was about to go', 60_000, () =>
        reached() || tracesOf(share, volume).signs.length === 0 ? true : undefined,
      );
    },
    content: 1,
    check: async (world, volume) => {
      await until('the sign went', 60_000, () => (tracesOf(world.share, volume).signs.length === 0 ? true : undefined));
    },
  },
  {
    title: 'get',
    prepare: async (world, volume) => {
      await withData(world, volume);
      await world.alpha.volumes.get(name(volume));
    },
    verb: async ({ alpha }, volume) => {
      must((await alpha.volumes.get(name(volume))) !== undefined, 'a volume that is there is said not to be');
    },
    content: 1,
    check: isThere,
  },
  {
    title: 'list',
    prepare: async (world, volume) => {
      await withData(world, volume);
      await world.alpha.volumes.list();
    },
    verb: async ({ alpha }, volume) => {
      must(
        (await alpha.volumes.list()).some(each => each.name === name(volume)),
        'a volume that is there is not listed',
      );
    },
    content: 1,
    check: isThere,
  },
  removeWith('trash'),
  removeWith('delete'),
  removeWith('retain'),
  {
    title: 'restore',
    prepare: withTrash,
    verb: async ({ alpha, share }, volume) => {
      const [entry = ''] = inTrash(share, volume);
      await alpha.operator.restore('disk', entry, undefined);
    },
    content: 1,
    check: async (world, volume, failed) => {
      if (failed === undefined) await isThere(world, volume);
      // Once more, by whatever name its entry has now; or it has come so far that it is there.
      await insist(world, async () => {
        const [entry] = inTrash(world.share, volume);
        if (entry !== undefined)
          await world.beta.operator.restore('disk', entry, undefined).catch(error => {
            if (!isFailure(error, 'NotRestorable')) throw error;
          });
      });
      await minutesPass(world);
      same(tracesOf(world.share, volume).content, [volume], 'it is not there again');
      same(inTrash(world.share, volume), []);
      whole(world, volume);
      await isThere(world, volume);
    },
  },
  {
    title: 'delete out of trash',
    prepare: withTrash,
    verb: async ({ alpha, share }, volume) => {
      const [entry = ''] = inTrash(share, volume);
      await alpha.operator.purge('disk', entry);
    },
    check: async (world, volume, failed) => {
      await world.alpha.trash.sweep(shareOf(world.alpha));
      const [entry] = inTrash(world.share, volume);
      if (failed !== undefined && entry?.startsWith('purging-') === false)
        same(tracesOf(world.share, volume).content.length, 1, 'it is deleted, and nobody was told so');
      if (entry !== undefined)
        await insist(world, () =>
          world.beta.operator.purge('disk', entry).catch(error => {
            if (!isFailure(error, 'NotRestorable')) throw error;
          }),
        );
      await swept(world, world.sweeper());
      same(inTrash(world.share, volume), [], 'something is left in trash');
    },
  },
  {
    title: 'look through the trash, and delete what is due',
    prepare: async (world, volume) => {
      await withTrash(world, volume);
      await world.beta.operator.purge('disk', inTrash(world.share, volume)[0] ?? '');
    },
    verb: ({ alpha }) => alpha.trash.sweep(shareOf(alpha)),
    check: async (world, volume) => {
      await swept(world, world.sweeper());
      same(inTrash(world.share, volume), [], 'something is left in trash');
    },
  },
  {
    title: 'release the attachments of a host',
    prepare: async (world, volume) => {
      await withData(world, volume);
      const id = goneHost(volume);
      const process = { ...ownProcess(), pid: 4_000_000, started: '1' };
      const text = { host: { id, name: `gone-${volume}` }, since: new Date().toISOString(), process };
      writeFileSync(
        join(world.share, `.nfs-shared/attachments/${volume}/attached.${id}.${randomUUID()}`),
        JSON.stringify(text),
      );
    },
    verb: async ({ alpha }, volume) => void (await alpha.operator.release('disk', goneHost(volume))),
    content: 1,
    check: async (world, volume) => {
      await insist(world, () =>
        world.beta.operator.release('disk', goneHost(volume)).catch(error => {
          if (!isFailure(error, 'NothingToRelease')) throw error;
          return [];
        }),
      );
      same(tracesOf(world.share, volume).signs, []);
    },
  },
  {
    title: 'a sign of life',
    mounts: true,
    prepare: withMount,
    verb: ({ alpha }) => alpha.volumes.presence.beat(shareOf(alpha)),
    content: 1,
    check: async (world, volume) => {
      await reach(world, world.alpha);
      await world.alpha.volumes.presence.beat(shareOf(world.alpha));
      for (const file of readdirSync(join(world.share, '.nfs-shared/hosts')).filter(each =>
        /^[^.].*\.json$/.test(each),
      ))
        JSON.parse(readFileSync(join(world.share, '.nfs-shared/hosts', file), 'utf8'));
      await isHeld(world, volume);
      world.alpha.volumes.unmount(name(volume), 'id');
    },
  },
  {
    title: 'remove, while another host has it',
    most: 14,
    mounts: true,
    prepare: async (world, volume) => {
      await withData(world, volume);
      await world.beta.volumes.mount(name(volume), 'id');
    },
    verb: async ({ alpha }, volume) => {
      const refusal = await alpha.volumes.remove(name(volume)).then(
        () => new Error('a volume that is in use elsewhere was removed'),
        (error: unknown) => error,
      );
      if (!isFailure(refusal, 'VolumeInUse')) throw refusal;
      must(/host "beta"/.test(refusal.message), refusal.message);
    },
    content: 1,
    check: async (world, volume) => {
      same(tracesOf(world.share, volume).content, [volume], 'it was moved');
      must(tracesOf(world.share, volume).signs.includes('attached'), 'the sign of the other host is gone');
      world.beta.volumes.unmount(name(volume), 'id');
    },
  },
  {
    title: 'settle a removal that was left behind',
    prepare: async (world, volume) => {
      await withData(world, volume);
      world.faulty.faults = [{ operation: 'rename', path: new RegExp(`${volume}\\.json$`), errno: 'EBUSY' }];
      await world.alpha.volumes.remove(name(volume)).catch(() => {});
      world.faulty.faults = [];
      await world.alpha.trash.sweep(shareOf(world.alpha));
      world.wait(6);
    },
    verb: ({ alpha }) => alpha.trash.sweep(shareOf(alpha)),
    content: 1,
    check: async (world, volume) => {
      await minutesPass(world);
      const { content, underWay, record } = tracesOf(world.share, volume);
      same({ underWay, record }, { underWay: [], record: undefined });
      must(content[0]?.startsWith('.nfs-shared'), `it lies in ${content[0]}`);
    },
  },
];

const goneHost = (volume: string) => `00000000-0000-4000-8000-${volume.replace(/\D/g, '').padStart(12, '0')}`;

/** Two looks of a third host at what was left behind, with minutes in between. */
async function minutesPass(world: World): Promise<void> {
  await swept(world, world.sweeper());
  world.wait(6);
  await swept(world, world.sweeper());
}

/** As the other host sees it, which would not remove it then. */
async function isHeld({ beta }: World, volume: string): Promise<void> {
  const all = await beta.operator.attachments('disk');
  must(
    all.some(each => each.volume === volume && each.name === 'alpha'),
    'a volume that is mounted is not attached',
  );
}

/** Whatever has happened: the volume can be made, used by both and removed, and then nothing is left of it. */
export async function lifeGoesOn(world: World, volume: string, isMounted: boolean): Promise<void> {
  const { alpha, beta, share } = world;
  await create(world, volume);
  for (const host of isMounted ? [alpha, beta] : []) {
    await insist(world, () => host.volumes.mount(name(volume), 'last'));
    host.volumes.unmount(name(volume), 'last');
  }
  await insist(world, () => beta.volumes.remove(name(volume)));
  same(await shown(world, alpha, name(volume)), undefined, 'a removed volume is shown');
  const { record, signs, underWay } = tracesOf(share, volume);
  same({ record, signs, underWay }, { record: undefined, signs: [], underWay: [] }, 'something is left');
}
