// When the outage is over: how long until everything is as before, and whether the container that wrote has lost a line.

import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../docker/until.ts';
import { type Measurement, measure } from '../../guest/results.ts';
import type { Stage } from '../../guest/stage.ts';
import type { Contestant } from './contestants.ts';
import type { Fault } from './fault.ts';

/** As long as an outage of this length may be felt by a kernel that has gone over to trying every now and then. */
const LIMIT = 180;
/** A handle that the server no longer knows is never known again. */
const NEVER = 15;
const PAUSE = 1000;

export async function watchRecovery(stage: Stage, fault: Fault, all: readonly Contestant[]): Promise<void> {
  const each = await Promise.all(
    all.map(async contestant => {
      const measured = await measureRecovery(stage, fault, contestant);
      return contestant.ours ? measured : [];
    }),
  );
  const { backWithin } = fault.expected;
  const wrong = each
    .flat()
    .filter(({ call, seconds, outcome }) => outcome !== 'ok' || seconds > backWithin + timeToStart(call))
    .map(({ driver, call, seconds, outcome = 'no end yet' }) => `${driver}: ${call}: ${seconds} s, ${outcome}`);
  equal(wrong.join('\n'), '', `all had to be well within ${backWithin} s, and containers started soon after`);
}

/** What Docker takes to start a container on emulated processors that all others use as well. */
function timeToStart(call: string): number {
  return /docker (run|restart)/.test(call) ? 60 : 0;
}

async function measureRecovery(stage: Stage, fault: Fault, contestant: Contestant): Promise<Measurement[]> {
  const { engine } = contestant.host(stage);
  const { driver, writer, ours, volume, pluginDriver } = contestant;
  const after = (what: string, limit: number, look: () => Promise<unknown>) =>
    measure({ fault: fault.name, driver, call: `afterwards, until ${what}` }, limit, () =>
      // The limit of the measurement comes first: then it has no end.
      until(what, (limit + 5) * 1000, () =>
        look().then(
          () => true,
          // Who asks all the time takes the processors from those who are asked.
          () => sleep(PAUSE, undefined),
        ),
      ),
    );
  const size = sizeOf(contestant);
  const grows = () => (sizeOf(contestant) > size ? Promise.resolve() : Promise.reject(new Error('nothing new')));
  const restarts = fault.expected.writer === 'needs a restart';
  const measured = await Promise.all([
    after('docker volume inspect is as before', LIMIT, async () => {
      const { Status } = await engine.inspect(volume('data'));
      if (ours) equal(Status?.['state'], 'ok');
    }),
    after('docker run works', LIMIT, () =>
      engine.run({ volumes: [`${volume('data')}:/x`], driver: pluginDriver }, 'cat /x/here'),
    ),
    ...(restarts ? [] : [after('the running container writes again', LIMIT, grows)]),
  ]);
  if (!restarts) return measured;
  await after('the running container writes again', NEVER, grows);
  const restarted = await measure(
    { fault: fault.name, driver, call: 'afterwards, docker restart' },
    LIMIT,
    async () => {
      await engine.post(`/containers/${writer}/restart?t=1`);
      await until('the restarted container writes', LIMIT * 1000, () => (sizeOf(contestant) > size ? true : undefined));
    },
  );
  return [...measured, restarted];
}

/** That it was never started anew shows in its numbers: they would begin at one again. */
export async function checkWriter(stage: Stage, { expected }: Fault, contestant: Contestant): Promise<void> {
  const numbers = readFileSync(countOf(contestant), 'utf8').trim().split('\n').map(Number);
  const { driver, writer } = contestant;
  equal(await contestant.host(stage).engine.isRunning(writer), true, `${driver}: the container that wrote has ended`);
  if (expected.writer === 'loses nothing') {
    equal(numbers.join(), numbers.map((_, at) => at + 1).join(), `${driver}: lines are missing`);
  }
  if (expected.writer === 'sees errors and goes on') {
    const rising = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0));
    ok(rising, `${driver}: the container was started anew, or lines came twice: ${numbers.join()}`);
  }
}

export const countOf = ({ folder }: Contestant) => `${folder}/data/count`;

export function sizeOf(contestant: Contestant): number {
  try {
    return readFileSync(countOf(contestant)).length;
  } catch {
    // Not there while its disk, or its folder, is another one.
    return 0;
  }
}
