// The commands, one entry each: how it is written, what it asks the plugin, what a person sees of the answer.

import { table } from './table.ts';

export type Ask = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>;

export interface Command {
  readonly words: readonly [string, string];
  readonly args: string;
  readonly help: string;
  /** How many arguments it takes. */
  readonly count: readonly [least: number, most: number];
  readonly run: (ask: Ask, args: readonly string[]) => Promise<{ readonly data: unknown; readonly text: string }>;
}

interface TrashLine {
  readonly label: string;
  readonly entry: string;
  readonly volume: string;
  readonly keepUntil: string;
  readonly state: string;
}

interface AttachmentLine {
  readonly label: string;
  readonly volume: string;
  readonly name: string;
  readonly id: string;
  readonly since?: string;
  readonly references?: number;
  readonly silentSeconds: number;
  readonly isThisHost: boolean;
}

export const commands: readonly Command[] = [
  {
    words: ['trash', 'ls'],
    args: '[LABEL]',
    help: 'removed volumes that can be had back, and until when',
    count: [0, 1],
    run: async (ask, [label]) => {
      const data = (await ask('GET', `/trash${query(label)}`)) as readonly TrashLine[];
      const lines = data.map(({ volume, label: of, keepUntil, state, entry }) => [
        `${volume}@${of}`,
        keepUntil,
        state,
        entry,
      ]);
      return { data, text: table(['VOLUME', 'KEPT UNTIL', 'STATE', 'ENTRY'], lines, 'nothing is in trash') };
    },
  },
  {
    words: ['trash', 'restore'],
    args: 'ENTRY LABEL [NAME]',
    help: 'a removed volume is there again, under NAME if that is given',
    count: [2, 3],
    run: async (ask, [entry, label, name]) => {
      const data = (await ask('POST', '/trash/restore', { entry, label, name })) as { volume: string };
      return { data, text: `${data.volume} is there again` };
    },
  },
  {
    words: ['trash', 'purge'],
    args: 'ENTRY LABEL',
    help: 'a removed volume is deleted now, for good',
    count: [2, 2],
    run: async (ask, [entry, label]) => {
      const data = await ask('POST', '/trash/purge', { entry, label });
      return { data, text: `${entry} is being deleted` };
    },
  },
  {
    words: ['attachments', 'ls'],
    args: '[LABEL]',
    help: 'which hosts use which volumes',
    count: [0, 1],
    run: async (ask, [label]) => {
      const data = (await ask('GET', `/attachments${query(label)}`)) as readonly AttachmentLine[];
      const lines = data.map(each => [
        `${each.volume}@${each.label}`,
        `${each.name}${each.isThisHost ? ' (this host)' : ''}`,
        each.references === undefined ? 'not known' : String(each.references),
        each.since ?? 'not known',
        each.silentSeconds === 0 ? '' : `silent for ${each.silentSeconds} s`,
      ]);
      return { data, text: table(['VOLUME', 'HOST', 'CONTAINERS', 'SINCE', ''], lines, 'no host uses a volume') };
    },
  },
  {
    words: ['attachments', 'release'],
    args: 'HOST LABEL',
    help: 'what a host that is gone for good has attached no longer counts',
    count: [2, 2],
    run: async (ask, [host, label]) => {
      const data = (await ask('POST', '/attachments/release', { host, label })) as { volumes: readonly string[] };
      return { data, text: `no longer held by ${host}: ${data.volumes.join(', ')}` };
    },
  },
  {
    words: ['dirs', 'accept'],
    args: 'LABEL',
    help: 'what is behind LABEL now is the share it stands for, though another one than before',
    count: [1, 1],
    run: async (ask, [label]) => {
      const data = (await ask('POST', '/dirs/accept', { label })) as { shareId: string };
      return { data, text: `${label} stands for share ${data.shareId} from now on` };
    },
  },
];

const query = (label: string | undefined) => (label === undefined ? '' : `?label=${encodeURIComponent(label)}`);
