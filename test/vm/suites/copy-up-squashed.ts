// The same where the server does not trust root: Docker copies as root, whoever owns the volume.

import { deepEqual, equal, match } from 'node:assert/strict';
import type { Case } from '../guest/cases.ts';
import type { Engine } from '../guest/engine.ts';
import { failureOf } from '../guest/failure-of.ts';
import { type ExportChange, serverAddress } from '../guest/nfs-server.ts';
import { write } from '../guest/results.ts';
import { imageWithFiles as image, OWNER, treeOf } from './image-with-files.ts';

const asOwner = { uid: OWNER, gid: OWNER };
const squashed: ExportChange = { options: ['root_squash'], owner: OWNER };
/** As many a NAS does it: root becomes the one user that owns everything. */
const mapped: ExportChange = { options: ['root_squash', `anonuid=${OWNER}`, `anongid=${OWNER}`], owner: OWNER };
const dir = (label: string, type: string, more: object = {}) => ({
  type,
  addr: serverAddress,
  path: `/srv/${label}`,
  ...more,
});

export const squashedDirs = [
  { label: 'up-squashed3', dir: dir('up-squashed3', 'nfs3', asOwner), change: squashed },
  { label: 'up-squashed42', dir: dir('up-squashed42', 'nfs4', asOwner), change: squashed },
  { label: 'up-mapped42', dir: dir('up-mapped42', 'nfs4'), change: mapped },
] as const;

const user = `${OWNER}:${OWNER}`;
const onServer = (volume: string) => treeOf(`/srv/${volume.split('@').reverse().join('/')}`);

export const squashedCases: readonly Case[] = [
  ...['up-squashed3', 'up-squashed42'].flatMap(label => casesOf(label)),
  {
    title: 'root is mapped to the owner of the share: files of that owner are copied, others are not',
    seconds: 240,
    work: async ({ a: { engine } }) => {
      await engine.create('ours@up-mapped42');
      await engine.run({ volumes: ['ours@up-mapped42:/own'], image, user }, 'cat /own/file');
      deepEqual(onServer('ours@up-mapped42'), [`. ${user} 700 folder`, `file ${user} 644 ours`]);

      await engine.create('theirs@up-mapped42');
      match(await refusalToCopy(engine, 'theirs@up-mapped42', '/app'), /operation not permitted/);
      // Docker has changed the mode before it failed at the owner.
      deepEqual(onServer('theirs@up-mapped42'), [`. ${user} 751 folder`]);
    },
  },
  {
    title: 'a copy that fails half way leaves half of the files, and the next container takes the volume for filled',
    seconds: 240,
    work: async ({ a: { engine } }) => {
      await engine.create('half@up-mapped42');
      match(await refusalToCopy(engine, 'half@up-mapped42', '/half'), /operation not permitted/);
      const left = onServer('half@up-mapped42');
      deepEqual(left, [`. ${user} 755 folder`, `1-ours ${user} 644 1`, `2-theirs ${user} 644 2`]);

      equal(await engine.run({ volumes: ['half@up-mapped42:/half'], image, user }, 'ls /half | wc -l'), '2');
      deepEqual(onServer('half@up-mapped42'), left);
    },
  },
];

function casesOf(label: string): Case[] {
  return [
    {
      title: `root_squash: a container whose image has a folder there is refused by Docker, and nothing is left (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        const volume = `mine@${label}`;
        await engine.create(volume);
        for (const target of ['/app', '/own', '/empty']) {
          match(await refusalToCopy(engine, volume, target), /operation not permitted/);
          deepEqual(onServer(volume), [`. ${user} 755 folder`]);
        }
        deepEqual(await containersOf(engine), []);
        equal((await engine.inspect(volume)).Status?.['references'], 0);
        await engine.remove(volume);
      },
    },
    {
      title: `root_squash: with nocopy it starts, and its user writes; from then on it starts without nocopy too (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        const volume = `app@${label}`;
        await engine.create(volume);
        const shell = 'echo mine >/app/file; cat /app/file';
        equal(await engine.run({ volumes: [`${volume}:/app:nocopy`], image, user }, shell), 'mine');
        equal(await engine.run({ volumes: [`${volume}:/app`], image, user }, 'ls /app'), 'file');

        deepEqual(onServer(volume), [`. ${user} 755 folder`, `file ${user} 644 mine`]);
      },
    },
    {
      title: `root_squash: a folder that only its owner may enter needs nocopy at every start (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        const volume = `private@${label}`;
        await engine.create(volume, { mode: '0700' });
        const shell = 'echo mine >/app/file; cat /app/file';
        equal(await engine.run({ volumes: [`${volume}:/app:nocopy`], image, user }, shell), 'mine');

        match(await refusalToCopy(engine, volume, '/app'), /permission denied/);
        equal(await engine.run({ volumes: [`${volume}:/app:nocopy`], image, user }, 'cat /app/file'), 'mine');
        deepEqual(onServer(volume), [`. ${user} 700 folder`, `file ${user} 644 mine`]);
      },
    },
  ];
}

function containersOf(engine: Engine): Promise<unknown> {
  return engine.get(`/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ ancestor: [image] }))}`);
}

async function refusalToCopy(engine: Engine, volume: string, target: string): Promise<string> {
  const refusal = await failureOf(engine.run({ volumes: [`${volume}:${target}`], image, user }, 'true'));
  write({ kind: 'note', text: `${target} into ${volume}: ${refusal}` });
  return refusal;
}
