// One call to the plugin, and what its mounts asked the server for meanwhile.

import { equal } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { callsBetween, parseMountStats, sumOf } from './mount-stats.ts';

export interface Counted {
  /** Of the plugin's own mount, where it does its work */
  readonly control: ReadonlyMap<string, number>;
  /** Of the mount that containers use */
  readonly data: ReadonlyMap<string, number>;
  /** All that the server has answered, also what belongs to no mount */
  readonly server: number;
}

/** What goes on after the answer is counted too: a sign that is taken away, say. */
const AFTERWARDS_MS = 1200;

export async function countCalls(host: DockerHost, label: string, act: () => Promise<void>): Promise<Counted> {
  const [before, servedBefore] = [statsOf(host), served()];
  await act();
  await sleep(AFTERWARDS_MS);
  const after = statsOf(host);
  const between = (path: string) => callsBetween(before.get(path), after.get(path));
  return {
    control: between(`/run/nfs-shared/control/${label}`),
    data: between(`/mnt/vmdk/${label}`),
    server: served() - servedBefore,
  };
}

export const totalOf = ({ control, data }: Counted) => sumOf(control) + sumOf(data);

/** The least of some tries: what the hosts do every now and then beside it comes on top of the others. */
export function least(all: readonly Counted[]): Counted {
  const [first, ...more] = all;
  if (first === undefined) throw new Error('nothing was counted');
  return more.reduce((best, each) => (totalOf(each) < totalOf(best) ? each : best), first);
}

export async function ask(host: DockerHost, verb: string, body: object): Promise<unknown> {
  const answer = await host.plugin.call(verb, body);
  equal((answer.body as { Err?: string }).Err ?? '', '', `${verb} ${JSON.stringify(body)}`);
  return answer.body;
}

export async function isDetached(label: string, folder: string): Promise<void> {
  const signs = `/srv/${label}/.nfs-shared/attachments/${folder}`;
  await until(`${folder} of ${label} is detached`, 30_000, () =>
    !existsSync(signs) || readdirSync(signs).every(name => !name.startsWith('attached.')) ? true : undefined,
  );
}

function statsOf(host: DockerHost): ReturnType<typeof parseMountStats> {
  return parseMountStats(readFileSync(`/proc/${host.pluginProcess()}/mountstats`, 'utf8'));
}

/** Calls that the kernel's server has had so far. */
export function served(): number {
  return Number(/^rpc (\d+) /m.exec(readFileSync('/proc/net/rpc/nfsd', 'utf8'))?.[1]);
}
