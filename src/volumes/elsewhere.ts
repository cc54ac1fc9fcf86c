// The other hosts that are attached to a volume, as they are told to people, and which of them still count.

import { printable } from '../errors.ts';
import type { FileWork } from '../system/file-work.ts';
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
      const sign = watch.sign(id) ?? (await readHostSign(files, id).catch(() => undefined));
      const text = await readSign(files, folder, name);
      return {
        id,
        name: sign?.name ?? text?.host.name ?? id,
        since: text?.since,
        references: new Map(Object.entries(sign?.volumes ?? {})).get(folder),
        silentSeconds: Math.round(watch.silentFor(id) / 1000),
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
export const isDead = ({ silentSeconds }: OtherHost, deadAfterSeconds: number) =>
  silentSeconds > 0 && silentSeconds >= deadAfterSeconds;
