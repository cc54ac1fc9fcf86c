// What two Docker hosts do with a volume on a share of one version of SMB.

import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from '../../../docker/until.ts';
import type { Case } from '../../guest/cases.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { folderOf, type SmbVersion } from './shares.ts';

/** A share that is slow for a moment is listed from memory: then it is asked again. */
async function listed({ engine }: DockerHost, volume: string, wanted: boolean): Promise<void> {
  await until(`${volume} is ${wanted ? '' : 'not '}listed`, 60_000, async () =>
    (await engine.volumes()).includes(volume) === wanted ? true : undefined,
  );
}

export function versionCases({ version, label, args }: SmbVersion): Case[] {
  const name = `SMB ${version}${args.includes('seal') ? ' sealed' : ''}`;
  const volume = `common@${label}`;
  const use = { volumes: [`${volume}:/x`], name: `on-${label}` };
  return [
    {
      title: `${name}: what host A creates, host B lists and inspects`,
      seconds: 120,
      work: async ({ a, b }) => {
        await a.engine.create(volume);

        await listed(b, volume, true);
        const [onA, onB] = [await a.engine.inspect(volume), await b.engine.inspect(volume)];
        equal(onB.Status?.['shareId'], onA.Status?.['shareId']);
        equal(onB.Status?.['createdBy'], 'a');
        equal(existsSync(`${folderOf(label)}/common`), true);
      },
    },
    {
      title: `${name}: what a container on A writes, one on B reads, and the other way round`,
      seconds: 150,
      work: async ({ a, b }) => {
        await Promise.all([a, b].map(host => host.engine.keep(use)));
        await a.engine.exec(use.name, 'echo from A >/x/f');
        equal(await b.engine.exec(use.name, 'cat /x/f; echo from B >/x/g'), 'from A');
        equal(await a.engine.exec(use.name, 'cat /x/g'), 'from B');
        equal(readFileSync(`${folderOf(label)}/common/f`, 'utf8'), 'from A\n');
      },
    },
    {
      title: `${name}: inspect shows the version that was settled, the owner and mode of the remote dir, and who has it`,
      seconds: 60,
      work: async ({ a }) => {
        const { Status: status = {} } = await a.engine.inspect(volume);

        equal(status['state'], 'ok');
        equal(status['version'], version);
        equal(status['source'], `//10.9.0.1/${label}`);
        equal(`${status['uid']}:${status['gid']} ${status['mode']}`, '999:998 0770');
        equal((status['usedBy'] as readonly string[]).length, 1, String(status['usedBy']));
        const mount =
          a
            .pluginMountTable()
            .split('\n')
            .find(line => line.includes(` /mnt/vmdk/${label} `)) ?? '';
        equal(/[, ]seal[, ]/.test(mount), args.includes('seal'), mount);
        match(mount, / rw,nosuid,nodev,.*[, ]hard[, ]/);
        equal(await a.engine.exec(use.name, 'stat -c "%u:%g %a" /x'), '999:998 770');
      },
    },
    {
      title: `${name}: while a container on B has it, A cannot remove it; after that it goes to the trash, and is gone on B`,
      seconds: 150,
      work: async ({ a, b }) => {
        await a.engine.removeContainer(use.name);
        match(await failureOf(a.engine.remove(volume)), /in use by host "b" \(.*since 20/);
        await b.engine.removeContainer(use.name);
        await a.engine.remove(volume);

        await listed(b, volume, false);
        equal(existsSync(`${folderOf(label)}/common`), false);
        const trash = `${folderOf(label)}/.nfs-shared/trash`;
        const [entry, ...more] = readdirSync(trash).filter(each => each.endsWith('-common'));
        deepEqual(more, []);
        equal(readFileSync(`${trash}/${entry}/data/f`, 'utf8'), 'from A\n');
        deepEqual(readdirSync(`${folderOf(label)}/.nfs-shared/attachments`), []);
      },
    },
  ];
}
