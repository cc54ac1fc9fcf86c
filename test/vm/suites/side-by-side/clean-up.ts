// Everything is taken away, so that the next outage of this boot begins with nothing.

import { equal } from 'node:assert/strict';
import { measure } from '../../guest/results.ts';
import type { Stage } from '../../guest/stage.ts';
import { type Contestant, everyPart } from './contestants.ts';
import type { Fault } from './fault.ts';

const LIMIT = 60;

export async function cleanUp(stage: Stage, fault: Fault, all: readonly Contestant[]): Promise<void> {
  await Promise.all(all.map(contestant => removeContainers(stage, fault, contestant)));
  const each = await Promise.all(all.map(contestant => removeVolumes(stage, fault, contestant)));
  equal(each.flat().join('\n'), '');
}

/** Those that were to end by themselves may still hang. */
async function removeContainers(stage: Stage, fault: Fault, contestant: Contestant): Promise<void> {
  const { engine } = contestant.host(stage);
  const volumes = new Set(everyPart.map(contestant.volume));
  const about = { fault: fault.name, driver: contestant.driver, call: 'afterwards, docker rm -f of all containers' };
  await measure(about, LIMIT, async () => {
    const containers = (await engine.get('/containers/json?all=1')) as Listed[];
    const mine = containers.filter(({ Mounts }) => Mounts.some(({ Name }) => Name !== undefined && volumes.has(Name)));
    await Promise.all(mine.map(({ Id }) => engine.removeContainer(Id)));
  });
}

interface Listed {
  readonly Id: string;
  readonly Mounts: readonly { readonly Name?: string }[];
}

/** Returns what went wrong with volumes of ours. */
async function removeVolumes(stage: Stage, fault: Fault, contestant: Contestant): Promise<string[]> {
  const { engine } = contestant.host(stage);
  const { ours, driver, volume } = contestant;
  const present = async () => {
    const names = await engine.volumes();
    return everyPart.map(volume).filter(name => names.includes(name));
  };
  const about = { fault: fault.name, driver, call: 'afterwards, docker volume rm of all volumes' };
  const { outcome = 'no end yet' } = await measure(about, LIMIT, async () => {
    await Promise.all((await present()).map(name => engine.remove(name)));
  });
  if (!ours) return [];
  const left = await present();
  return [
    ...(outcome === 'ok' ? [] : [`${driver}: ${outcome}`]),
    ...(left.length === 0 ? [] : [`${driver}: still there: ${left.join(', ')}`]),
  ];
}
