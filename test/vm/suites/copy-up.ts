// Docker copies what an image has at a volume's target into the volume when that is empty: what comes of it on a share.
// docs/copy-up.md tells users what is shown here.

import { deepEqual, equal, match } from 'node:assert/strict';
import type { Case, Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { squashedCases, squashedDirs } from './copy-up-squashed.ts';
import { imageWithFiles as image, makeImage, treeOf } from './image-with-files.ts';

const trusting = [
  { label: 'up3', type: 'nfs3' },
  { label: 'up42', type: 'nfs4' },
] as const;
const asMade = { uid: '999', gid: '998', mode: '0750' };

export const copyUp: Suite = {
  name: 'copy-up',
  hosts: ['a'],
  remoteDirs: {
    ...Object.fromEntries(
      trusting.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
    ),
    ...Object.fromEntries(squashedDirs.map(({ label, dir }) => [label, dir])),
  },
  prepare: async ({ server }) => {
    for (const { label } of trusting) await server.export(`/srv/${label}`);
    for (const { label, change } of squashedDirs) await server.export(`/srv/${label}`, change);
  },
  cases: [
    {
      title: 'I make an image with files of its own',
      seconds: 240,
      work: ({ a }) => makeImage(a.engine),
    },
    ...trusting.flatMap(({ label }) => trustingCases(label)),
    ...squashedCases,
  ],
};

function trustingCases(label: string): Case[] {
  const onServer = (volume: string) => treeOf(`/srv/${label}/${volume}`);
  return [
    {
      title: `an empty volume gets what the image has there, with the image's owners and modes (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        await engine.create(`fresh@${label}`, asMade);
        equal(await engine.run({ volumes: [`fresh@${label}:/app`], image }, 'cat /app/link'), 'from the image');

        deepEqual(onServer('fresh'), [
          '. 700:701 751 folder',
          'greeting 702:703 640 from the image',
          'link 0:0 -> greeting',
          'sub 0:0 755 folder',
          'sub/file 0:0 644 deeper',
        ]);
        const { Status } = await engine.inspect(`fresh@${label}`);
        equal(`${Status?.['uid']}:${Status?.['gid']} ${Status?.['mode']}`, '700:701 0751');
      },
    },
    {
      title: `the next container gets the volume as it is, whatever its image has there (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        const write = 'echo changed >/app/greeting; rm /app/link; chown 1:2 /app; chmod 0705 /app';
        await engine.run({ volumes: [`fresh@${label}:/app`], image }, write);
        const before = onServer('fresh');
        deepEqual(before.slice(0, 2), ['. 1:2 705 folder', 'greeting 702:703 640 changed']);

        for (const target of ['/app', '/other', '/empty'])
          equal(
            await engine.run({ volumes: [`fresh@${label}:${target}`], image }, `cat ${target}/greeting`),
            'changed',
          );
        deepEqual(onServer('fresh'), before);
      },
    },
    {
      title: `with nocopy an empty volume stays empty, with the owner and mode I gave it (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        await engine.create(`bare@${label}`, asMade);
        for (const target of ['/app', '/empty'])
          equal(await engine.run({ volumes: [`bare@${label}:${target}:nocopy`], image }, `ls -A ${target}`), '');

        deepEqual(onServer('bare'), ['. 999:998 750 folder']);
      },
    },
    {
      title: `even an empty folder of the image takes the place of the owner and mode I gave the volume (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        await engine.create(`owned@${label}`, asMade);
        await engine.run({ volumes: [`owned@${label}:/empty`], image }, 'true');

        deepEqual(onServer('owned'), ['. 704:705 711 folder']);
      },
    },
    {
      title: `an empty read-only volume needs nocopy: Docker's copying fails, and nothing is left behind (${label})`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        await engine.create(`sealed@${label}`, { access: 'ro' });
        const refusal = await failureOf(engine.run({ volumes: [`sealed@${label}:/app`], image }, 'true'));

        match(refusal, /read-only file system/);
        deepEqual(onServer('sealed'), ['. 0:0 755 folder']);
        equal(await engine.run({ volumes: [`sealed@${label}:/app:nocopy`], image }, 'ls -A /app'), '');
        equal((await engine.inspect(`sealed@${label}`)).Status?.['references'], 0);
        await engine.remove(`sealed@${label}`);
      },
    },
  ];
}
