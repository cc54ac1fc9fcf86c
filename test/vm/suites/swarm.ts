// Docker hosts as a swarm: made, asked and dissolved by the engines' own interface.

import { until } from '../../docker/until.ts';
import type { DockerHost } from '../guest/docker-host.ts';

export interface SwarmNode {
  readonly name: string;
  readonly volumePlugins: readonly string[];
}

export async function formSwarm(manager: DockerHost, worker: DockerHost): Promise<void> {
  await manager.engine.post('/swarm/init', {
    ...placeOf(manager),
    // What it would take by itself has the hosts' own network in it.
    DefaultAddrPool: ['172.30.0.0/16'],
    SubnetSize: 24,
  });
  const { JoinTokens } = (await manager.engine.get('/swarm')) as { JoinTokens: { Worker: string } };
  const join = { ...placeOf(worker), RemoteAddrs: [`${manager.address}:2377`], JoinToken: JoinTokens.Worker };
  await worker.engine.post('/swarm/join', join).catch((error: unknown) => {
    // Docker waits 20 s for what an emulated processor may take longer for; whether it joins is seen by the nodes.
    if (!String(error).includes('continue in the background')) throw error;
  });
}

export async function leaveSwarm(...hosts: readonly DockerHost[]): Promise<void> {
  for (const { engine } of [...hosts].reverse()) await engine.post('/swarm/leave?force=1');
}

export async function readyNodes(manager: DockerHost, count: number): Promise<SwarmNode[]> {
  return await until(`${count} nodes are ready`, 120_000, async () => {
    const nodes = (await manager.engine.get('/nodes')) as readonly NodeView[];
    const ready = nodes.filter(({ Status }) => Status.State === 'ready');
    return ready.length === count ? ready.map(asNode) : undefined;
  });
}

/** The nodes that the service's tasks run on, one for each task. */
export async function runningTasks(manager: DockerHost, service: string, count: number): Promise<string[]> {
  const nodes = (await manager.engine.get('/nodes')) as readonly NodeView[];
  const filters = encodeURIComponent(JSON.stringify({ service: [service] }));
  let tasks: readonly TaskView[] = [];
  const look = async () => {
    tasks = (await manager.engine.get(`/tasks?filters=${filters}`)) as readonly TaskView[];
    const running = tasks.filter(({ Status }) => Status.State === 'running');
    return running.length === count ? running : undefined;
  };
  const running = await until(`${count} tasks of ${service} run`, 300_000, look).catch((error: unknown) => {
    const states = tasks.map(({ Status }) => `${Status.State} ${Status.Err ?? Status.Message}`);
    throw new Error(`${String(error)}; its tasks: ${states.join(', ')}`);
  });
  const nameOf = ({ NodeID }: TaskView) => nodes.find(({ ID }) => ID === NodeID)?.Description.Hostname ?? 'no node';
  return running.map(nameOf).sort();
}

const placeOf = ({ address }: DockerHost) => ({ ListenAddr: `${address}:2377`, AdvertiseAddr: address });

const asNode = ({ Description: { Hostname, Engine } }: NodeView): SwarmNode => ({
  name: Hostname,
  volumePlugins: Engine.Plugins.filter(({ Type }) => Type === 'Volume').map(({ Name }) => Name),
});

interface NodeView {
  readonly ID: string;
  readonly Description: {
    readonly Hostname: string;
    readonly Engine: { readonly Plugins: readonly { readonly Type: string; readonly Name: string }[] };
  };
  readonly Status: { readonly State: string };
}

interface TaskView {
  readonly NodeID: string;
  readonly Status: { readonly State: string; readonly Message: string; readonly Err?: string };
}
