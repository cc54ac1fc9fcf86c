// Runs cases one after the other and writes each result down at once: when the VM freezes, the file says in which case.

import { withDeadline } from '../../../src/system/deadline.ts';
import { since, write } from './results.ts';
import type { Stage } from './stage.ts';

export interface Suite {
  readonly name: string;
  /** Docker hosts it needs. */
  readonly hosts: readonly ('a' | 'b')[];
  /** Hosts where the plugin stays disabled: what Docker does without it. */
  readonly withoutPlugin?: readonly ('a' | 'b')[];
  /** A second file server is there too. */
  readonly otherServer?: true;
  /** What the plugin is given before it is enabled, as REMOTE_DIRS; labels of different suites differ. */
  readonly remoteDirs: Readonly<Record<string, unknown>>;
  /** Folders of the file server that have to be there before. */
  readonly prepare: (stage: Stage) => Promise<void>;
  readonly cases: readonly Case[];
  /** How this life of the VM ends, when not in being switched off: after all has been written down. */
  readonly ending?: (stage: Stage) => Promise<void>;
}

export interface Case {
  /** A sentence a user could say. */
  readonly title: string;
  /** Generous: emulated processors are slow, and the machine under them has other work. */
  readonly seconds: number;
  readonly work: (stage: Stage) => Promise<void>;
}

export async function runCases(suite: Suite, stage: Stage): Promise<void> {
  for (const { title, seconds, work } of suite.cases) {
    write({ kind: 'begun', suite: suite.name, title });
    const started = performance.now();
    const problem = await problemOf(
      withDeadline(work(stage), seconds * 1000, () => new Error(`no end after ${seconds} s`)),
    );
    write({
      kind: 'ended',
      suite: suite.name,
      title,
      seconds: since(started),
      ...(problem === undefined ? {} : { problem }),
    });
  }
}

async function problemOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
