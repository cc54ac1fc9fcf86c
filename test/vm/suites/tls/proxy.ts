// The proxy of one Docker host, as the host sees its processes.

import { until } from '../../../docker/until.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { proxyAddress } from './shares.ts';

/** Its number on that host; undefined: there is none. */
export async function proxyOf(host: DockerHost): Promise<number | undefined> {
  // pgrep says by its status that it has found none.
  const found = await host.inside('pgrep', '-f', `/tls/${proxyAddress}/stunnel.conf`).catch(() => '');
  const [pid] = found.trim().split('\n');
  return pid === undefined || pid === '' ? undefined : Number(pid);
}

export async function killProxy(host: DockerHost): Promise<number> {
  const pid = await proxyOf(host);
  if (pid === undefined) throw new Error(`there is no TLS proxy on host ${host.name}`);
  await host.inside('kill', '-KILL', String(pid));
  return pid;
}

/** Another process than that one, at the same place. */
export function anotherProxy(host: DockerHost, before: number): Promise<number> {
  return until(`the TLS proxy of host ${host.name} is back`, 60_000, async () => {
    const now = await proxyOf(host);
    return now === before ? undefined : now;
  });
}

/** Address and state of the sockets that listen there. */
export const listensAt = (host: DockerHost) => host.inside('ss', '-Hltn', 'src', proxyAddress);
