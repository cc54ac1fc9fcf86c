// Every row of docs/moving.md, as it stands there: typed in, and looked for on the server.

import { equal, ok } from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import page from '../../../docs/moving.md';
import { until } from '../../docker/until.ts';
import { fencedBlocks, table } from '../../docs/markdown.ts';
import type { Case, Suite } from '../guest/cases.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { enablePlugin } from '../guest/enable-plugin.ts';
import { image } from '../guest/names.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { PASSWORD, smb, USER } from './cifs/shares.ts';

const EXPORT = '/export';
/** Folders that were on the server before the plugin was. */
const OLD = ['music', 'plans'];

const rows = table(page, ['from', 'you have', 'write']).map(([from = '', , cell = '']) => ({
  from,
  line: cell.replace(/^`|`$/g, '').replaceAll('10.0.0.5', serverAddress),
}));
const files = fencedBlocks(page, 'yaml').map(({ text }) => text.replaceAll('10.0.0.5', serverAddress));

export const moving: Suite = {
  name: 'moving',
  hosts: ['a'],
  remoteDirs: { unused: { type: 'nfs4', addr: serverAddress, path: EXPORT } },
  prepare: async ({ server }) => {
    await server.export(EXPORT);
    for (const name of OLD) mkdirSync(`${EXPORT}/${name}`);
    smb.share('media', '/srv/media');
    await smb.start(USER, PASSWORD);
  },
  cases: [
    {
      title: 'a plugin that is set up from nothing has no remote dir of before',
      seconds: 120,
      work: async ({ a }) => {
        equal(rows.length > 8 && files.length === 2, true);
        await a.inside('docker', 'tag', image, 'busybox');
        mkdirSync(`/h/${a.name}/secrets`);
        writeFileSync(`/h/${a.name}/secrets/office`, `username=${USER}\npassword=${PASSWORD}\n`, { mode: 0o600 });
        await a.plugin.disable();
      },
    },
    ...rows.map(rowCase),
    ...files.map(composeCase),
  ],
};

function rowCase({ from, line }: (typeof rows)[number]): Case {
  return {
    title: `${from}: ${line}`,
    seconds: 150,
    work: async ({ a }) => {
      for (const name of OLD)
        if (line.includes(`${name}@`)) await typed(a, `docker volume create --driver nfs-shared ${name}@nfs-store`);
      await typed(a, line);
      if (line.startsWith('docker plugin set')) {
        await enablePlugin(a, { 'credentials.source': '/run/secrets' });
        return;
      }
      const volume = nameIn(line);
      if (line.startsWith('docker volume create')) {
        await a.engine.run({ volumes: [`${volume}:/x`] }, 'touch /x/here');
      }
      const { Driver, Status } = await a.engine.inspect(volume);
      equal(`${Driver} ${String(Status?.['state'])}`, 'nfs-shared:latest ok');
      ok(existsSync(`${folderOf(line, volume)}/here`), `there is no ${folderOf(line, volume)}/here on the server`);
    },
  };
}

function composeCase(text: string): Case {
  const device = /device: ":(.+)"/.exec(text)?.[1];
  const name = /^ {4}name: (\w+)@/m.exec(text)?.[1];
  const folder = device ?? `${EXPORT}/${String(name)}`;
  return {
    title: `compose, a volume on ${folder}`,
    seconds: 300,
    work: async ({ a }) => {
      writeFileSync(`/h/${a.name}/compose.yaml`, withoutNetwork(text));
      const compose = ['docker-compose', '--project-name', `p${files.indexOf(text)}`, '--file', '/run/compose.yaml'];
      await typed(a, [...compose, 'up', '--detach'].join(' '));
      await until('the service has written', 60_000, () => existsSync(`${folder}/here`) || undefined);
      await typed(a, [...compose, 'down', '--timeout', '1'].join(' '));
    },
  };
}

/** Version 1 of compose wants a version; and containers here have no network. */
const withoutNetwork = (text: string) =>
  `version: "3.8"\n${text.replace('    image: busybox\n', '    image: busybox\n    network_mode: none\n')}`;

/** What a person types. */
function typed(host: DockerHost, line: string): Promise<string> {
  return host.inside('sh', '-c', line.replace('docker run ', 'docker run --network none '));
}

function nameIn(line: string): string {
  const found = /src=([^,]+)/.exec(line) ?? /-v ([^:]+):/.exec(line) ?? /(\S+)$/.exec(line);
  return found?.[1] ?? '';
}

function folderOf(line: string, volume: string): string {
  const [, smbFolder] = /device=\/\/[^/]+(\/[^\s,]+)/.exec(line) ?? [];
  if (smbFolder !== undefined) return `/srv${smbFolder}`;
  return /device=[^/\s]*(\/[^\s,]+)/.exec(line)?.[1] ?? `${EXPORT}/${volume.split('@', 1)[0]}`;
}
