// Hosts that are on before their file server is: after a power cut everything starts at once, and Docker tries a container
// once. The plugin waits twenty seconds for the server in the container's place.

import { equal, match, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../docker/until.ts';
import type { Suite } from '../guest/cases.ts';
import { enablePlugin } from '../guest/enable-plugin.ts';
import { failureOf } from '../guest/failure-of.ts';
import { serverAddress } from '../guest/nfs-server.ts';
import { timed, write } from '../guest/results.ts';
import { allWrite, grows, shares, startWithoutServer, stateOf, worksWithin } from './late-server-watch.ts';

/** Into the wait of twenty seconds. */
const LATE = 8;
/** The plugin's part of it is seconds; Docker's is to start containers on an emulated processor. */
const BACK_WITHIN = 45;
/** Docker starts containers before it answers anybody: the plugin's 25 s, and Docker's own work. */
const ENGINE_WITHIN = 25 + 35;
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sleep 1; done';

export const lateServer: Suite = {
  name: 'late-server',
  hosts: ['a'],
  remoteDirs: Object.fromEntries(
    shares.map(({ label, type }) => [label, { type, addr: serverAddress, path: `/srv/${label}` }]),
  ),
  prepare: async ({ server }) => {
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: [
    {
      title: 'containers with restart policy "always" write to volumes',
      seconds: 90,
      work: async ({ a }) => {
        for (const { label } of shares) {
          await a.engine.create(`data@${label}`);
          const options = { volumes: [`data@${label}:/x`], name: `always-${label}`, restart: 'always' } as const;
          await a.engine.keep(options, 'sh', '-c', COUNT);
        }
        await allWrite(30);
      },
    },
    {
      title: `the host starts, the server ${LATE} s later: the containers come up by themselves`,
      seconds: 240,
      work: async stage => {
        const { a, server } = stage;
        const { engineAnswers } = await startWithoutServer(stage);
        await sleep(LATE * 1000);
        await server.comeBack();
        await Promise.all(
          shares.map(({ label, driver }) =>
            worksWithin(BACK_WITHIN, driver, 'a container with restart policy "always" writes', () =>
              grows(label, BACK_WITHIN),
            ),
          ),
        );
        await engineAnswers;
        for (const { label } of shares) equal(await a.engine.isRunning(`always-${label}`), true);
      },
    },
    {
      title:
        'the host starts and the server does not: the engine is there soon, the volumes are listed, the container says why',
      seconds: 240,
      work: async stage => {
        const { engineAnswers } = await startWithoutServer(stage);
        const { seconds } = await timed(() => engineAnswers);
        write({ kind: 'note', text: `the server away: the engine answers ${seconds} s after the plugin` });
        ok(seconds < ENGINE_WITHIN, `the engine answered after ${seconds} s`);
        const volumes = await stage.a.engine.volumes();
        for (const { label } of shares) {
          equal(volumes.includes(`data@${label}`), true, volumes.join());
          const { Running, Error: problem } = await stateOf(stage.a, `always-${label}`);
          equal(Running, false);
          match(problem, /does not answer/);
          match(problem, /10\.9\.0\.1/);
        }
      },
    },
    {
      title: 'the server comes too late: docker start is all it takes',
      seconds: 180,
      work: async ({ a, server }) => {
        await server.comeBack();
        for (const { label, driver } of shares) {
          await until(`data@${label} is ok`, 60_000, async () => {
            const { Status } = await a.engine.inspect(`data@${label}`);
            return Status?.['state'] === 'ok' ? true : await sleep(1000, undefined);
          });
          await worksWithin(BACK_WITHIN, driver, 'docker start works', async () => {
            await a.engine.post(`/containers/always-${label}/start`);
            await grows(label, BACK_WITHIN);
          });
          await a.engine.removeContainer(`always-${label}`);
        }
      },
    },
    {
      title: `the plugin is enabled without a server, which comes ${LATE} s after docker run: it waits, and works`,
      seconds: 180,
      work: async ({ a, server }) => {
        await a.plugin.disable();
        await server.vanish();
        await enablePlugin(a);
        const runs = shares.map(({ label }) => a.engine.run({ volumes: [`data@${label}:/x`] }, 'echo yes'));
        await sleep(LATE * 1000);
        await server.comeBack();
        await Promise.all(
          shares.map(({ driver }, at) =>
            worksWithin(BACK_WITHIN, driver, 'a docker run that waited works', async () => {
              equal(await runs[at], 'yes');
            }),
          ),
        );
      },
    },
    {
      title: 'the plugin is enabled without a server, which does not come: docker run fails in words, and works later',
      seconds: 240,
      work: async ({ a, server }) => {
        await a.plugin.disable();
        await server.vanish();
        await enablePlugin(a);
        const run = (label: string) => a.engine.run({ volumes: [`data@${label}:/x`] }, 'echo yes');
        const refusals = await Promise.all(shares.map(({ label }) => failureOf(run(label))));
        for (const refusal of refusals) match(refusal, /does not answer.*10\.9\.0\.1/);
        await server.comeBack();
        for (const { label } of shares) {
          equal(await run(label), 'yes');
          await a.engine.remove(`data@${label}`);
        }
      },
    },
  ],
};
