// Held against every boot, whatever its suites did.

import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from '../../docker/until.ts';
import type { Suite } from '../guest/cases.ts';
import { write } from '../guest/results.ts';
import { stuckProcesses } from '../guest/stuck-processes.ts';

/** What the design promises: Docker gives up after 30 s. */
const LONGEST_MS = 25_000;

export const always: Suite = {
  name: 'always',
  hosts: [],
  remoteDirs: {},
  prepare: () => Promise.resolve(),
  cases: [
    {
      title: 'no call that Docker made took the plugin longer than 25 s',
      seconds: 30,
      work: async () => {
        await Promise.resolve(); // what fails below fails this case, not the boot
        const calls = callsInLogs();
        ok(calls.length > 0, 'the logs of the engines show no call at all');
        const longest = calls.reduce((a, b) => (b.ms > a.ms ? b : a));
        write({ kind: 'note', text: `${calls.length} calls, the longest ${longest.verb}: ${longest.ms} ms` });
        // What the timer of an emulated processor adds.
        const late = calls.filter(({ ms }) => ms > LONGEST_MS + 1000);
        equal(late.map(({ verb, ms }) => `${verb} ${ms} ms`).join(), '');
      },
    },
    {
      title: 'no process of the plugin is stuck',
      seconds: 60,
      work: async () => {
        await until('the last process of the plugin that is stuck', 30_000, () =>
          stuckProcesses().length === 0 ? true : undefined,
        ).catch(() => undefined);
        equal(stuckProcesses().join('\n'), '');
      },
    },
  ],
};

interface Call {
  readonly verb: string;
  readonly ms: number;
}

/** The plugin's own lines, as the engines have them in their logs. */
function callsInLogs(): Call[] {
  return ['a', 'b'].flatMap(host => {
    const log = readIfThere(`/out/engine-${host}.log`);
    return [...log.matchAll(/\\"verb\\":\\"(?<verb>[^\\]+)\\".{0,400}?\\"ms\\":(?<ms>\d+)/g)].map(({ groups }) => ({
      verb: groups?.['verb'] ?? '',
      ms: Number(groups?.['ms']),
    }));
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
