// The other hosts that are attached to a volume, as they are told to people, and which of them still count.

import { printable } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
import { hasEnded } from '../system/process-mark.ts';
import { readHostSign } from './host-sign.ts';
import type { HostWatch } from './host-watch.ts';
import { readSign, type Sign } from './signs.ts';

export interface OtherHost {
  readonly id: string;
  readonly name: string;
  readonly since: string | undefined;
  /** As that host counts them; undefined: it has not said yet */
  readonly references: number | undefined;
  /** 0: it shows itself, or that is not known */
  readonly silentSeconds: number;
  /** An earlier installation on this machine: what it still uses, the mount tables here show. */
  readonly isOver: boolean;
}

export async function otherHosts(
  files: FileWork,
  folder: string,
  attached: readonly Sign[],
  watch: HostWatch,
): Promise<OtherHost[]> {
  const byHost = new Map(attached.map(sign => [sign.id, sign]));
  return await Promise.all(
    [...byHost.values()].map(async ({ id, name }) => {
      // Read, not remembered: it may have come back under the same id since the last look.
      const sign = (await readHostSign(files, id).catch(() => undefined)) ?? watch.sign(id);
      const text = await readSign(files, folder, name);
      return {
        id,
        name: sign?.name ?? text?.host.name ?? id,
        since: text?.since,
        references: new Map(Object.entries(sign?.volumes ?? {})).get(folder),
        silentSeconds: Math.round(watch.silentFor(id) / 1000),
        isOver: hasEnded(sign?.process ?? text?.process),
      };
    }),
  );
}

export function describeHost({ name, since, references, silentSeconds }: OtherHost): string {
  const facts = [
    ...(references === undefined ? [] : [references === 1 ? '1 container' : `${references} containers`]),
    ...(since === undefined ? [] : [`since ${printable(since)}`]),
    ...(silentSeconds === 0 ? [] : [`no sign of life for ${silentSeconds} s`]),
  ];
  return `host "${printable(name)}"${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

/** One that has been silent for so long is taken for dead: its volumes may go, to trash. */
export const isDead = ({ silentSeconds, isOver }: OtherHost, deadAfterSeconds: number) =>
  isOver || (silentSeconds > 0 && silentSeconds >= deadAfterSeconds);
