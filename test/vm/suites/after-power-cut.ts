// The second life of the machine that lost its power (power-cut.ts), on the same disk.

import { equal, match, ok } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Case, Suite } from '../guest/cases.ts';
import { command } from '../guest/command.ts';
import { failureOf } from '../guest/failure-of.ts';
import { write } from '../guest/results.ts';
import { type Acknowledged, remembered } from './acknowledged.ts';
import { fileOf, inTrash, isWhole, onlyOurs, recordState } from './crash-watch.ts';
import { data, exportPower, owner, ownerSeen, powerLabels, powerRemoteDirs, writer } from './power-cut.ts';

export const afterPowerCut: Suite = {
  name: 'after-power-cut',
  hosts: ['a'],
  remoteDirs: powerRemoteDirs,
  prepare: exportPower,
  cases: [
    {
      title: 'the power was cut in the middle of work: the disk was not synced, and many calls had been answered',
      seconds: 30,
      work: async () => {
        equal(remembered().at(-1)?.what, 'cut');
        match(await command('dmesg'), /EXT4-fs \(vda\): recovery complete/);
        write({ kind: 'note', text: `by the cut: ${countsOf(remembered())}` });
        for (const label of powerLabels) ok(wroteTo(label) >= 2, `lines written (${label}): ${wroteTo(label)}`);
        ok(endingWith('created').length >= 8, `volumes: ${endingWith('created').join()}`);
        ok(endingWith('removed').length >= 8, `removed: ${endingWith('removed').join()}`);
      },
    },
    {
      title: 'every volume whose create had been answered is there, with its folder, owner and mode',
      seconds: 120,
      work: async ({ a }) => {
        await onlyOurs(a, endingWith('created'));
        for (const volume of endingWith('created')) await isWhole(a, volume, ownerSeen);
      },
    },
    {
      title: 'every volume whose remove had been answered is gone, and once in the trash',
      seconds: 60,
      work: async ({ a }) => {
        const listed = await a.engine.volumes();
        for (const volume of endingWith('removed')) {
          equal(listed.includes(volume), false, `${volume} is listed`);
          equal(existsSync(fileOf(volume)), false, fileOf(volume));
          equal(recordState(volume), undefined, volume);
          equal(inTrash(volume).length, 1, `${volume} in trash`);
        }
      },
    },
    ...powerLabels.map(cameBack),
    {
      title: 'what the cut left half done is finished by the next call',
      seconds: 120,
      work: async ({ a }) => {
        const halfWay = [...endingWith('creating'), ...endingWith('removing')];
        const listed = await a.engine.volumes();
        const states = halfWay.map(
          volume => `${volume}: ${recordState(volume) ?? 'no record'}${listed.includes(volume) ? ', listed' : ''}`,
        );
        write({ kind: 'note', text: `left by the cut: ${states.join('; ')}` });
        for (const volume of endingWith('creating')) {
          await a.engine.create(volume, owner);
          await isWhole(a, volume, ownerSeen);
        }
        for (const volume of endingWith('removing')) {
          const known = (await a.engine.volumes()).includes(volume);
          if (known) await a.engine.remove(volume);
          equal(existsSync(fileOf(volume)), false, volume);
          equal(recordState(volume), undefined, volume);
          equal(inTrash(volume).length, 1, `${volume} in trash`);
        }
        equal(recordsIn('creating', 'removing').join(), '');
      },
    },
    {
      title: "this host's own memory of volumes is whole",
      seconds: 30,
      work: () => {
        const damaged = readdirSync('/var/lib/docker/plugins', { recursive: true, encoding: 'utf8' }).filter(
          name => name.includes('propagated-mount/.nfs-shared') && name.includes('.corrupt-'),
        );
        equal(damaged.join(), '');
        const log = readFileSync('/out/engine-a.log', 'utf8');
        equal(/memory of volumes cannot be read|is not understood/.test(log), false);
        return Promise.resolve();
      },
    },
    {
      title: 'all of them can be removed',
      seconds: 180,
      work: async ({ a }) => {
        for (const label of powerLabels) await a.engine.removeContainer(writer(label));
        for (const volume of [...endingWith('created'), ...endingWith('creating')]) await a.engine.remove(volume);
        equal((await a.engine.volumes()).join(), '');
      },
    },
  ],
};

function cameBack(label: string): Case {
  return {
    title: `the container that is to run always is back with its volume, and what was synced is in it (${label})`,
    seconds: 150,
    work: async ({ a }) => {
      await until(`${writer(label)} runs`, 90_000, async () => (await a.engine.isRunning(writer(label))) || undefined);
      await until('it has said so', 30_000, () =>
        readFileSync(fileOf(data(label), 'starts'), 'utf8') === 'started\nstarted\n' ? true : undefined,
      );
      const lines = readFileSync(fileOf(data(label), 'lines'), 'utf8')
        .trim()
        .split('\n');
      equal(lines.join(), lines.map((_, at) => at).join());
      ok(lines.length >= wroteTo(label), `${lines.length} lines of the ${wroteTo(label)} that were synced`);
      match(await failureOf(a.engine.remove(data(label))), /in use/);
    },
  };
}

const wroteTo = (label: string) =>
  remembered().filter(({ what, volume }) => what === 'wrote' && volume === data(label)).length;

/** The volumes of which this was the last that Docker had said. */
function endingWith(last: Acknowledged['what']): string[] {
  const lasts = new Map(
    remembered()
      .filter(({ what }) => what !== 'wrote' && what !== 'cut')
      .map(({ what, volume }) => [volume, what]),
  );
  return [...lasts].filter(([, what]) => what === last).map(([volume]) => volume);
}

function recordsIn(...states: readonly string[]): string[] {
  return powerLabels.flatMap(label =>
    readdirSync(`/srv/${label}/.nfs-shared/volumes`)
      .filter(name => name.endsWith('.json') && !name.startsWith('.'))
      .map(name => `${name.slice(0, -'.json'.length)}@${label}`)
      .filter(volume => states.includes(recordState(volume) ?? '')),
  );
}

function countsOf(all: readonly Acknowledged[]): string {
  const counts = new Map<string, number>();
  for (const { what } of all) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
}
