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

/** What goes on after the answer is counted too, a sign that is taken away, say: until nothing has come for this long. */
const QUIET_MS = 400;

export async function countCalls(host: DockerHost, label: string, act: () => Promise<void>): Promise<Counted> {
  const [before, servedBefore] = [statsOf(host), served()];
  await act();
  const after = await whenQuiet(host, label);
  const [control, data] = pathsOf(label).map(path => callsBetween(before.get(path), after.get(path)));
  return { control: control ?? new Map(), data: data ?? new Map(), server: served() - servedBefore };
}

export const totalOf = ({ control, data }: Counted) => sumOf(control) + sumOf(data);

async function whenQuiet(host: DockerHost, label: string): Promise<ReturnType<typeof statsOf>> {
  const sum = (stats: ReturnType<typeof statsOf>) =>
    pathsOf(label).reduce((all, path) => all + sumOf(stats.get(path) ?? new Map<string, number>()), 0);
  let stats = statsOf(host);
  for (let looks = 0; looks < 10; looks += 1) {
    await sleep(QUIET_MS);
    const now = statsOf(host);
    if (sum(now) === sum(stats)) return now;
    stats = now;
  }
  return stats;
}

const pathsOf = (label: string) => [`/run/nfs-shared/control/${label}`, `/mnt/vmdk/${label}`];

/**
 * The least of some tries: what the hosts do every now and then beside it comes on top of the others. One that asked nobody
 * was answered from memory, and says nothing where others had to ask.
 */
export function least(all: readonly Counted[]): Counted {
  const asked = all.filter(each => totalOf(each) > 0);
  const [first, ...more] = asked.length > 0 ? asked : all;
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
