// The same with Docker and the plugin: a container that writes, and the plugin that lets its control mount go meanwhile.

import { equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mountAt, parseMountTable } from '../../../../src/mounts/mount-table.ts';
import { until } from '../../../docker/until.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { serverAddress } from '../../guest/nfs-server.ts';

export const shares = [
  { label: 'kept3', type: 'nfs3' },
  { label: 'kept42', type: 'nfs4' },
] as const;
type Label = (typeof shares)[number]['label'];

export const remoteDirs = Object.fromEntries(
  shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
);

/** Every failure is written down where no share is needed for it. */
const WRITE =
  'i=0; while :; do i=$((i+1)); echo $i | dd conv=fsync 2>/tmp/why >>/x/count || cat /tmp/why >>/tmp/errors; sleep 1; done';
const container = (label: Label) => `on-${label}`;
const linesOf = (label: Label) => readFileSync(`/srv/${label}/data/count`, 'utf8').trim().split('\n');

export async function startContainer(a: DockerHost, label: Label): Promise<void> {
  await a.engine.create(`data@${label}`);
  await a.engine.keep({ volumes: [`data@${label}:/x`], name: container(label) }, 'sh', '-c', WRITE);
  await containerGoesOn(label, 30_000);
}

export async function containerGoesOn(label: Label, milliseconds: number): Promise<void> {
  const count = () => {
    try {
      return linesOf(label).length;
    } catch {
      // Its first line is not there yet.
      return 0;
    }
  };
  const before = count();
  await until(`the container on ${label} writes`, milliseconds, () => (count() > before ? true : undefined));
}

export async function hasControlMount(a: DockerHost, label: Label, expected: boolean): Promise<void> {
  const path = `/run/nfs-shared/control/${label}`;
  const what = `the plugin's control mount of ${label} is ${expected ? 'there' : 'gone'}`;
  await until(what, 120_000, () => (isMounted(a, path) === expected ? true : undefined));
}

export const hasDataMount = (a: DockerHost, label: Label) => isMounted(a, `/mnt/vmdk/${label}`);

export async function checkContainer(a: DockerHost, label: Label): Promise<void> {
  equal(await a.engine.exec(container(label), 'cat /tmp/errors 2>/dev/null; true'), '');
  equal(await a.engine.isRunning(container(label)), true);
  const lines = linesOf(label);
  equal(lines.join(), lines.map((_, at) => at + 1).join());
  await a.engine.removeContainer(container(label));
  await a.engine.remove(`data@${label}`);
}

function isMounted(a: DockerHost, path: string): boolean {
  return mountAt(parseMountTable(a.pluginMountTable()), path) !== undefined;
}
