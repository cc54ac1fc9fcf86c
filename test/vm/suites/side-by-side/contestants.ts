// Who is compared in an outage: this plugin over two versions of NFS on one host, and Docker's built-in driver, used as
// its manual says, on another. Each has an export and volumes of its own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerHost } from '../../guest/docker-host.ts';
import { pluginName } from '../../guest/names.ts';
import { serverAddress } from '../../guest/nfs-server.ts';
import type { Stage } from '../../guest/stage.ts';

/** `data` has a container that writes, `data2` one that idles, `idle` none; `spare` is to be removed, `new` to be made. */
export type Part = 'data' | 'data2' | 'idle' | 'spare' | 'new';
export const prepared: readonly Part[] = ['data', 'data2', 'idle', 'spare'];
export const everyPart: readonly Part[] = [...prepared, 'new'];

export interface Contestant {
  /** As the tables call it. */
  readonly driver: string;
  readonly ours: boolean;
  /** What the server exports for it; a volume is a folder in it. */
  readonly folder: string;
  readonly pluginDriver: string;
  readonly writer: string;
  readonly idler: string;
  readonly volume: (part: Part) => string;
  readonly options: (part: Part) => Readonly<Record<string, string>>;
  readonly host: (stage: Stage) => DockerHost;
}

const versions = [
  { version: '3', type: 'nfs3' },
  { version: '4.2', type: 'nfs4' },
] as const;

/** `key` keeps the volumes of several outages in one boot apart. */
export function contestantsOf(key: string): readonly Contestant[] {
  return [...versions.map(({ version }) => ours(key, version)), builtIn(key)];
}

export function remoteDirsOf(key: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    versions.map(({ version, type }) => {
      const label = `${key}${version}`;
      return [label, { type, addr: serverAddress, path: `/srv/${label}` }];
    }),
  );
}

/** The built-in driver mounts folders that somebody else has made. */
export function makeFolders({ ours: makesThem, folder }: Contestant): void {
  if (!makesThem) for (const part of everyPart) mkdirSync(join(folder, part), { recursive: true });
}

/** Makes a volume and puts a file in it that containers read. */
export async function makeVolume(stage: Stage, contestant: Contestant, part: Part): Promise<void> {
  const { engine } = contestant.host(stage);
  await engine.create(contestant.volume(part), contestant.options(part), contestant.pluginDriver);
  writeFileSync(join(contestant.folder, part, 'here'), 'yes\n');
}

function ours(key: string, version: string): Contestant {
  const label = `${key}${version}`;
  return {
    driver: `nfs-shared, NFSv${version}`,
    ours: true,
    folder: `/srv/${label}`,
    pluginDriver: pluginName,
    writer: `writer-${label}`,
    idler: `idler-${label}`,
    volume: part => `${part}@${label}`,
    options: () => ({}),
    host: ({ a }) => a,
  };
}

function builtIn(key: string): Contestant {
  const folder = `/srv/${key}-plain`;
  return {
    driver: 'built-in, NFSv4.2',
    ours: false,
    folder,
    pluginDriver: 'local',
    writer: `writer-${key}`,
    idler: `idler-${key}`,
    volume: part => `${part}-${key}`,
    options: part => ({ type: 'nfs', o: `addr=${serverAddress},vers=4.2,hard`, device: `:${folder}/${part}` }),
    host: ({ b }) => b,
  };
}
