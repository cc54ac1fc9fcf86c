// Volumes and hosts that are on the share already: written on the server's own disk, as other hosts would have done it.

import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setImmediate as others } from 'node:timers/promises';
import { newRecord, recordText } from '../../../../src/volumes/record.ts';

const ours = (label: string, folder: string) => `/srv/${label}/.nfs-shared/${folder}`;
const somebody = { id: randomUUID(), name: 'elsewhere' };

export async function addVolumes(label: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 1) {
    const folder = `other${at}`;
    const making = { options: {}, host: somebody, now: () => new Date(), newId: randomUUID };
    mkdirSync(`/srv/${label}/${folder}`);
    writeFileSync(`${ours(label, 'volumes')}/${folder}.json`, recordText(newRecord(folder, making, false)));
    // Signs of life of this program are written by the same process.
    if (at % 200 === 0) await others();
  }
}

/** Each of them has a volume attached, and showed itself once. */
export function addHosts(label: string, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    const [id, folder] = [randomUUID(), `other${at % 10}`];
    const sign = { version: 1, id, name: `elsewhere${at}`, life: randomUUID(), counter: 1, volumes: { [folder]: 1 } };
    writeFileSync(`${ours(label, 'hosts')}/${id}.json`, `${JSON.stringify(sign)}\n`);
    mkdirSync(`${ours(label, 'attachments')}/${folder}`, { recursive: true });
    const text = { host: { id, name: sign.name }, since: new Date().toISOString() };
    writeFileSync(`${ours(label, 'attachments')}/${folder}/attached.${id}.${randomUUID()}`, JSON.stringify(text));
  }
}
