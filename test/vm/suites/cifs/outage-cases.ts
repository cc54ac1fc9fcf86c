// The SMB server goes away while it is used.

import { equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from '../../../docker/until.ts';
import type { Case } from '../../guest/cases.ts';
import { timed, write } from '../../guest/results.ts';
import { folderOf, FAULTS as LABEL, smb } from './shares.ts';

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i >>/x/count; sleep 1; done';
/** Without emulation these are answered in two seconds. */
const SOON = 8;

export const outageCases: readonly Case[] = [
  goesAway(
    'vanishes',
    () => smb.vanish(),
    () => smb.comeBack(),
  ),
  goesAway(
    'is-killed',
    () => smb.stopServing(),
    () => smb.startServing(),
  ),
];

function goesAway(word: string, away: () => Promise<void>, back: () => Promise<void>): Case {
  const how = `the server ${word.replace('-', ' ')}`;
  const volume = `${word}@${LABEL}`;
  const file = `${folderOf(LABEL)}/${word}/count`;
  const lines = () => linesOf(file);
  return {
    title: `${how}: volumes are listed and inspected from memory, and a container that writes goes on when it is back`,
    seconds: 300,
    work: async ({ a }) => {
      const use = { volumes: [`${volume}:/x`], name: word };
      await a.engine.create(volume);
      await a.engine.keep(use, 'sh', '-c', COUNT);
      await until('something is counted', 30_000, () => (lines() > 0 ? true : undefined));
      await away();

      const list = await timed(() => a.engine.volumes());
      equal(list.value.includes(volume), true, list.value.join());
      const seen = await until('the share is seen to be away', 60_000, async () => {
        const look = await timed(() => a.engine.inspect(volume));
        return look.value.Status?.['state'] === 'unreachable' ? look : undefined;
      });
      match(String(seen.value.Status?.['problem']), /does not answer: .*10\.9\.0\.1/);
      const again = [await timed(() => a.engine.volumes()), await timed(() => a.engine.inspect(volume))];
      const slowest = Math.max(...[list, seen, ...again].map(({ seconds }) => seconds));
      write({ kind: 'note', text: `${how}: the slowest answer from memory took ${slowest} s` });
      ok(slowest < SOON, `an answer took ${slowest} s`);

      const before = lines();
      await back();
      const { seconds } = await timed(() =>
        until('the container goes on', 90_000, () => (lines() > before + 1 ? true : undefined)),
      );
      write({ kind: 'note', text: `${how}: the container went on ${seconds} s after it was back` });
      await until('the share is ok again', 60_000, async () =>
        (await a.engine.inspect(volume)).Status?.['state'] === 'ok' ? true : undefined,
      );
      const numbers = readFileSync(file, 'utf8').trim().split('\n').map(Number);
      equal(
        numbers.every((number, index) => number === index + 1),
        true,
        'a line was lost',
      );
      await a.engine.removeContainer(use.name);
      await a.engine.remove(volume);
    },
  };
}

function linesOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
