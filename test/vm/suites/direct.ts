// Folders named by the options of Docker's built-in driver, beside that driver, on NFSv3 and NFSv4.2.

import { deepEqual, equal, match, ok } from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { Engine } from '../guest/engine.ts';
import { failureOf } from '../guest/failure-of.ts';
import { killPlugin } from '../guest/kill-plugin.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { timed } from '../guest/results.ts';

const LABEL = 'direct42';
/** What a user waits for a refusal at most; without emulation it is five seconds. */
const SOON = 12;

const versions = [
  { version: '3', folder: '/srv/direct3' },
  { version: '4.2', folder: '/srv/direct42' },
] as const;

/** As they stand in many a compose file. */
const options = (version: string, device: string, access = 'rw') => ({
  type: 'nfs',
  o: `addr=${serverAddress},vers=${version},nolock,soft,${access}`,
  device: `:${device}`,
});

export const direct: Suite = {
  name: 'direct',
  hosts: ['a'],
  remoteDirs: { [LABEL]: { type: 'nfs4', addr: serverAddress, path: '/srv/direct42' } },
  prepare: async ({ server }) => {
    for (const { folder } of versions) {
      await server.export(folder);
      mkdirSync(`${folder}/media`);
      chmodSync(`${folder}/media`, 0o775);
      chownSync(`${folder}/media`, 70, 80);
      writeFileSync(`${folder}/media/page`, 'from the server\n');
    }
  },
  cases: [
    ...versions.flatMap(({ version, folder }) => casesOf(version, folder)),
    {
      title: 'two volumes are one folder, a third one on a remote dir, too; each is removed without the others',
      seconds: 300,
      work: async ({ a: { engine, plugin } }) => {
        const folder = '/srv/direct42/shared';
        await engine.create('one', options('4.2', folder));
        await engine.create('two', options('4.2', folder, 'ro'));
        await engine.create(`shared@${LABEL}`);
        await engine.keep({ volumes: ['one:/x'], name: 'holder' });
        await engine.run({ volumes: ['one:/one', `shared@${LABEL}:/three`] }, 'echo seen >/one/f; cat /three/f');
        equal(await engine.run({ volumes: ['two:/two'] }, 'cat /two/f'), 'seen');

        await engine.remove('two');
        match(await failureOf(engine.remove('one')), /in use/);
        // What Docker has refused by itself.
        const { body } = await plugin.call('Remove', { Name: 'one' });
        match(String((body as { Err: string }).Err), /it is in use by container/);
        match(await failureOf(engine.remove(`shared@${LABEL}`)), /it is in use by container/);
        equal((await usedBy(engine, 'one')).length, 1);

        await engine.removeContainer('holder');
        await engine.remove('one');
        equal(readFileSync(`${folder}/f`, 'utf8'), 'seen\n');
      },
    },
    {
      title: 'after the last use nothing stays mounted for it',
      seconds: 60,
      work: async ({ a }) => {
        await until('the last mount has gone', 45_000, () =>
          /\.nfs-shared\/direct\/|\/control\/@/.test(a.pluginMountTable()) ? undefined : true,
        );
      },
    },
    {
      title: 'a plugin that crashes knows it again, and the container that has it goes on',
      seconds: 240,
      work: async ({ a }) => {
        await a.engine.create('kept', options('4.2', '/srv/direct42/media'));
        await a.engine.keep({ volumes: ['kept:/x'], name: 'keeper' });
        const { Mountpoint, CreatedAt } = await a.engine.inspect('kept');
        await killPlugin(a)();
        equal(await a.engine.exec('keeper', 'cat /x/page'), 'from the server');
        const after = await a.engine.inspect('kept');
        deepEqual([after.Mountpoint, after.CreatedAt], [Mountpoint, CreatedAt]);
        equal((await usedBy(a.engine, 'kept')).length, 1);
        equal(await a.engine.run({ volumes: ['kept:/x'] }, 'cat /x/page'), 'from the server');
      },
    },
    {
      title: 'a server that vanishes holds up neither ls nor inspect, and a container that starts then is told',
      seconds: 300,
      work: async ({ a: { engine }, server }) => {
        await server.vanish();
        try {
          // What was so a moment ago is shown for some seconds.
          const problem = await until('inspect says so', 30_000, async () => {
            const { seconds, value } = await timed(() => engine.inspect('kept'));
            ok(seconds < SOON, `inspect took ${seconds} s`);
            return value.Status?.['state'] === 'unreachable' ? value.Status['problem'] : undefined;
          });
          match(String(problem), /nothing came back from 10\.9\.0\.1 port 2049/);
          const listed = await timed(() => engine.volumes());
          equal(listed.value.includes('kept'), true);
          ok(listed.seconds < SOON, `ls took ${listed.seconds} s`);
          match(
            await failureOf(engine.run({ volumes: ['kept:/x'] }, 'true')),
            /the server of "10\.9\.0\.1:\/srv\/direct42\/media" does not answer/,
          );
        } finally {
          await server.comeBack();
        }
        await until('it can be used as before', 90_000, () =>
          engine.run({ volumes: ['kept:/x'] }, 'cat /x/page').then(
            text => (text === 'from the server' ? true : undefined),
            () => undefined,
          ),
        );
        await engine.removeContainer('keeper');
        await engine.remove('kept');
      },
    },
  ],
};

function casesOf(version: string, folder: string): Case[] {
  const short = version.replace('.', '');
  const [media, missing, docs] = [`media${short}`, `missing${short}`, `docs${short}`];
  return [
    {
      title: `NFSv${version}: with the built-in driver's options the folder is the volume, and after rm it is as it was`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        const before = statSync(`${folder}/media`);
        await engine.create(media, options(version, `${folder}/media`));
        equal(await engine.run({ volumes: [`${media}:/x`] }, 'cat /x/page; ls -A /x'), 'from the server\r\npage');
        equal(await engine.run({ volumes: [`${media}:/x`] }, 'stat -c "%u:%g %a" /x'), '70:80 775');

        const { Status: status = {}, Mountpoint } = await engine.inspect(media);
        match(Mountpoint, new RegExp(`/\\.nfs-shared/direct/${media}\\.[0-9a-f]{8}$`));
        equal(status['state'], 'ok');
        equal(status['version'], version);
        equal(status['source'], `${serverAddress}:${folder}/media`);
        equal((await engine.volumes()).includes(media), true);

        await engine.remove(media);
        equal((await engine.volumes()).includes(media), false);
        const after = statSync(`${folder}/media`);
        deepEqual(
          [after.uid, after.gid, after.mode, after.ctimeMs],
          [before.uid, before.gid, before.mode, before.ctimeMs],
        );
        deepEqual(readdirSync(`${folder}/media`), ['page']);
      },
    },
    {
      title: `NFSv${version}: a last folder that is missing is made, where the built-in driver fails; no more than that is`,
      seconds: 300,
      work: async ({ a: { engine } }) => {
        await engine.create(`local-${missing}`, options(version, `${folder}/${missing}`), 'local');
        match(
          await failureOf(engine.run({ volumes: [`local-${missing}:/x`], driver: 'local' }, 'true')),
          /no such file or directory/i,
        );
        await engine.remove(`local-${missing}`);
        equal(existsSync(`${folder}/${missing}`), false);

        await engine.create(missing, options(version, `${folder}/${missing}`));
        await engine.run({ volumes: [`${missing}:/x`] }, 'echo made >/x/f');
        equal(readFileSync(`${folder}/${missing}/f`, 'utf8'), 'made\n');
        equal(statSync(`${folder}/${missing}`).mode & 0o7777, 0o755);
        await engine.remove(missing);
        equal(readFileSync(`${folder}/${missing}/f`, 'utf8'), 'made\n');

        match(
          await failureOf(engine.create('deep', options(version, `${folder}/deep/er`))),
          new RegExp(`no folder ${folder}/deep/er in it; and it cannot be made in ${folder}/deep: `),
        );
        equal(existsSync(`${folder}/deep`), false);
      },
    },
    {
      title: `NFSv${version}: with o=ro a container can read and not write; the exported folder itself can be a volume, too`,
      seconds: 240,
      work: async ({ a: { engine } }) => {
        await engine.create(docs, options(version, `${folder}/media`, 'ro'));
        await engine.create(`all${short}`, options(version, folder));
        await engine.keep({ volumes: [`${docs}:/docs`, `all${short}:/all`], name: `reader${short}` });
        equal(await engine.exec(`reader${short}`, 'cat /docs/page'), 'from the server');
        for (const change of ['touch /docs/new', 'rm -f /docs/page', 'chmod 0700 /docs'])
          match(await failureOf(engine.exec(`reader${short}`, change)), /read-only file system/i);
        await engine.exec(`reader${short}`, 'touch /all/media/beside; rm /all/media/beside');
        await engine.removeContainer(`reader${short}`);
        for (const volume of [docs, `all${short}`]) await engine.remove(volume);
        deepEqual(readdirSync(`${folder}/media`), ['page']);
      },
    },
    {
      title: `NFSv${version}: a path that is not exported is refused soon, in words`,
      seconds: 120,
      work: async ({ a: { engine } }) => {
        const refused = await timed(() => failureOf(engine.create('wrong', options(version, '/srv/none/wrong'))));
        match(refused.value, /10\.9\.0\.1:\/srv\/none\/wrong cannot be mounted: .*does not export \/srv\/none\/wrong/);
        ok(refused.seconds < SOON, `it took ${refused.seconds} s`);
        equal((await engine.volumes()).includes('wrong'), false);
      },
    },
  ];
}

async function usedBy(engine: Engine, volume: string): Promise<readonly string[]> {
  const { Status = {} } = await engine.inspect(volume);
  return Status['usedBy'] as readonly string[];
}
