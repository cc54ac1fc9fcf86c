// What a crash is watched by: what the server's disk, the record and the host's mount table say.

import { equal } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { pluginName } from '../guest/names.ts';
import { serverAddress } from '../guest/nfs-server.ts';

export const shares = [
  { label: 'crash3', type: 'nfs3' },
  { label: 'crash42', type: 'nfs4' },
] as const;

export const remoteDirs = Object.fromEntries(
  shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
);

/** Two lines a second, each a number and the moment; closed, and so on the server, before the next one. */
export const COUNT =
  'i=0; while :; do i=$((i+1)); read -r up rest </proc/uptime; echo "$i $up" >>/x/count; sleep 0.5; done';

export const fileOf = (volume: string, file = '') => {
  const [folder, label] = volume.split('@');
  return `/srv/${label}/${folder}${file === '' ? '' : `/${file}`}`;
};

/** What is being done to a volume, as the signs on the share say; undefined: there is no record. */
export function recordState(volume: string): 'creating' | 'removing' | 'ready' | undefined {
  const [folder, label] = volume.split('@');
  const ours = `/srv/${label}/.nfs-shared`;
  if (!existsSync(`${ours}/volumes/${folder}.json`)) return undefined;
  const { id } = JSON.parse(readFileSync(`${ours}/volumes/${folder}.json`, 'utf8')) as { id: string };
  const signs = existsSync(`${ours}/attachments/${folder}`) ? readdirSync(`${ours}/attachments/${folder}`) : [];
  if (signs.some(name => name.startsWith(`removing.${id}`))) return 'removing';
  return signs.includes(`creating.${id}`) ? 'creating' : 'ready';
}

export function ownerAndMode(volume: string): string {
  const { uid, gid, mode } = statSync(fileOf(volume));
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
}

/** The folders in trash that were this volume. */
export function inTrash(volume: string): string[] {
  const [folder, label] = volume.split('@');
  const trash = `/srv/${label}/.nfs-shared/trash`;
  return readdirSync(trash)
    .filter(name => name.endsWith(`-${folder}`))
    .map(name => `${trash}/${name}/data`);
}

/** Whole on the share, and whole for Docker. */
export async function isWhole(host: DockerHost, volume: string, owner?: string): Promise<void> {
  equal(recordState(volume), 'ready', `the record of ${volume}`);
  const { Driver, Status } = await host.engine.inspect(volume);
  equal(`${Driver} ${Status?.['state']}`, `${pluginName} ok`, `${volume}: ${Status?.['problem']}`);
  if (owner !== undefined) equal(ownerAndMode(volume), owner, volume);
}

export async function grows(file: string): Promise<void> {
  const size = () => (existsSync(file) ? readFileSync(file, 'utf8').length : 0);
  const before = size();
  await until(`${file} grows`, 30_000, () => (size() > before ? true : undefined));
}

/** The numbers are whole; returns the longest time between two of them. */
export function longestPause(file: string): number {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const moments = lines.map(line => Number(line.split(' ')[1]));
  equal(lines.map(line => line.split(' ')[0]).join(), lines.map((_, at) => at + 1).join());
  return moments.slice(1).reduce((most, moment, at) => Math.max(most, moment - (moments[at] ?? moment)), 0);
}

/** Whether the share is mounted where the engine sees it. Containers have their own view. */
export async function isMounted(host: DockerHost, label: string): Promise<boolean> {
  const table = await host.inside('cat', '/proc/self/mountinfo');
  return table.split('\n').some(line => line.includes(`:/srv/${label} `));
}

export async function isReleased(host: DockerHost, label: string, milliseconds = 30_000): Promise<void> {
  await until(`${label} is not mounted any more`, milliseconds, async () =>
    (await isMounted(host, label)) ? undefined : true,
  );
}

/** They are listed, and none of another driver has appeared under the name of one of them. */
export async function onlyOurs(host: DockerHost, expected: readonly string[]): Promise<void> {
  const names = await host.engine.volumes();
  const missing = expected.filter(volume => !names.includes(volume));
  equal(missing.join(), '', `docker volume ls has ${names.join(', ')}`);
  const { Volumes } = (await host.engine.get('/volumes')) as { Volumes: { Name: string; Driver: string }[] };
  const others = Volumes.filter(({ Name, Driver }) => expected.includes(Name) && Driver !== pluginName);
  equal(others.map(({ Name, Driver }) => `${Name} ${Driver}`).join(), '');
}
