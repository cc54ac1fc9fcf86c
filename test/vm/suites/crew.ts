// The stack that is deployed: four replicas that write into one volume, at most two on a node.

import { writeFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { DockerHost } from '../guest/docker-host.ts';
import { image, pluginName } from '../guest/names.ts';

export const VOLUME = 'data@nas-stack';
export const SERVICE = 'crew_writer';

export async function deploy(host: DockerHost): Promise<void> {
  // The host's /run.
  writeFileSync(`/h/${host.name}/stack.yml`, STACK);
  await host.inside('docker', 'stack', 'deploy', '--resolve-image', 'never', '-c', '/run/stack.yml', 'crew');
}

export async function removeStack(manager: DockerHost, ...others: readonly DockerHost[]): Promise<void> {
  await manager.inside('docker', 'stack', 'rm', 'crew');
  for (const { name, engine } of [manager, ...others])
    await until(`the last replica on ${name} is gone`, 90_000, async () => {
      const left = (await engine.get(`/containers/json?all=1&filters=${ofTheStack}`)) as readonly unknown[];
      return left.length === 0 || undefined;
    });
}

/**
 * Two nodes append to one file: only under a lock is no line lost on NFS.
 * The network of the host: an overlay works too, and takes an emulated processor some minutes.
 */
const STACK = `
version: "3.8"
services:
  writer:
    image: ${image}
    hostname: "replica-{{.Task.Slot}}"
    environment:
      NODE: "{{.Node.Hostname}}"
    command: ["sh", "-c", "flock /data/lock sh -c 'echo $$(hostname) on $$NODE >>/data/who'; exec sleep 3600"]
    stop_grace_period: 1s
    deploy:
      replicas: 4
      placement:
        max_replicas_per_node: 2
    networks:
      - hostnet
    volumes:
      - data:/data
networks:
  hostnet:
    external: true
    name: host
volumes:
  data:
    name: ${VOLUME}
    driver: ${pluginName}
    driver_opts:
      mode: "0750"
`;

const ofTheStack = encodeURIComponent(JSON.stringify({ label: ['com.docker.stack.namespace=crew'] }));
