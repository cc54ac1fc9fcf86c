// What can be wrong with a file server, and what a user of this plugin may expect while it is.

import type { Stage } from '../../guest/stage.ts';
import type { Call } from './calls.ts';
import type { Contestant } from './contestants.ts';

export interface Fault {
  /** A row of the table in docs/reliability.md. */
  readonly name: string;
  /** Begins the labels and folders of this outage. */
  readonly key: string;
  /** Makes the folders and exports them, before the hosts start. */
  readonly prepare: (stage: Stage, all: readonly Contestant[]) => Promise<void>;
  readonly begin: (stage: Stage, all: readonly Contestant[]) => Promise<void>;
  readonly end: (stage: Stage, all: readonly Contestant[]) => Promise<void>;
  /** Into the outage, before anybody is asked. */
  readonly seconds: number;
  readonly expected: Expected;
  /** What else has to be so while it lasts, of this plugin's shares only. */
  readonly meanwhile?: Meanwhile;
}

export interface Meanwhile {
  readonly title: string;
  readonly seconds: number;
  readonly work: (stage: Stage, ours: readonly Contestant[]) => Promise<void>;
}

export interface Expected {
  /** `Status.state` of a volume in use. */
  readonly state: string;
  /** What fails; everything else works. */
  readonly refused: readonly Call[];
  /** What a message has to say. */
  readonly says: RegExp;
  /** How the container that was writing all the time gets over it. */
  readonly writer: 'loses nothing' | 'sees errors and goes on' | 'needs a restart';
  /** From the end of the outage until everything works again. */
  readonly backWithin: number;
}

/** As a server keeps it: one folder of its disk. */
export async function exportAll({ server }: Stage, all: readonly Contestant[]): Promise<void> {
  for (const { folder } of all) await server.export(folder);
}

/** All that needs the server: what is known without it works. */
export const needsServer: readonly Call[] = [
  'docker volume create',
  'docker run, volume in use',
  'docker run, volume not in use',
  'docker volume rm',
];
