import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Journal } from '../../../src/system/journal.ts';
import { Attachments, type AttachmentsParts } from '../../../src/volumes/attachments.ts';
import type { VolumeRecord } from '../../../src/volumes/record.ts';
import { eventually } from '../../eventually.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// What this host has said on a share it has to take back one day, whatever happens in between.

let folder: string;
let faulty: FaultyFiles;
/** Has the share that the attachments are put on */
let host: PluginHost;
let told: number;
let isRunning: boolean;
let isThere: boolean;
let lives: Attachments[];
const ref = { label: 'disk', folder: 'db' };
const me = { id: randomUUID(), name: 'alpha' };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'attachments-'));
  mkdirSync(join(folder, 'share'));
  faulty = new FaultyFiles();
  host = startHost(join(folder, 'host'), {
    remoteDirs: { disk: { type: 'local', path: join(folder, 'share') } },
    mounts: false,
    readNamespaces: async () => [],
    fileWork: faulty.over,
  });
  await host.volumes.create('db@disk', new Map());
  [told, isRunning, isThere, lives] = [0, false, true, []];
});
afterEach(() => {
  for (const each of lives) each.stop();
  host.stop();
  rmSync(folder, { recursive: true });
});

const memory = () => join(folder, 'attachments.jsonl');
const share = () => host.shares.get('disk');
const signs = () => {
  const at = join(folder, 'share/.nfs-shared/attachments/db');
  return existsSync(at) ? readdirSync(at) : [];
};
const record = () =>
  JSON.parse(readFileSync(join(folder, 'share/.nfs-shared/volumes/db.json'), 'utf8')) as VolumeRecord;

function life(more: Partial<AttachmentsParts> = {}): Attachments {
  const attachments = new Attachments({
    host: me,
    journal: new Journal(memory(), () => {}),
    shareOf: () => (isThere ? share() : undefined),
    inUse: async () => told > 0 || isRunning,
    isTold: () => told > 0,
    log: host.log,
    now: () => new Date(),
    ...more,
  });
  lives.push(attachments);
  return attachments;
}

async function mounted(attachments: Attachments): Promise<void> {
  told += 1;
  await attachments.ensure(share(), ref, record(), 5000);
}
function unmounted(attachments: Attachments): void {
  told -= 1;
  attachments.releaseSoon(ref);
}

describe('an attachment', () => {
  test('is one sign, however many containers have the volume, and goes with the last of them', async () => {
    const attachments = life();
    for (let each = 0; each < 3; each += 1) await mounted(attachments);
    expect(signs()).toEqual([expect.stringMatching(new RegExp(`^attached\\.${me.id}\\.`))]);
    expect(attachments.held('disk')).toHaveLength(1);
    for (const left of [2, 1]) {
      unmounted(attachments);
      await sleep(50);
      expect([told, signs().length]).toEqual([left, 1]);
    }
    unmounted(attachments);
    await eventually('the sign was taken away', () => signs().length === 0);
    expect(attachments.held('disk')).toEqual([]);
  });

  test('stays while a container still shows the volume although Docker has given it back', async () => {
    const attachments = life();
    await mounted(attachments);
    isRunning = true;
    unmounted(attachments);
    await sleep(400);
    expect(signs()).toHaveLength(1);
    isRunning = false;
    await eventually('the sign was taken away', () => signs().length === 0);
  });

  test('is noted on this host before it is put, so that no crash in between leaves it behind', async () => {
    const attachments = life();
    faulty.faults = [{ operation: 'makeSign', hang: true }];
    told = 1;
    const putting = attachments.ensure(share(), ref, record(), 5000);
    await eventually('it was being put', () => faulty.hanging === 1);
    const noted = [...new Journal(memory(), () => {}).entries.keys()];
    expect(noted).toEqual([expect.stringMatching(/^attached\./)]);
    faulty.letGo();
    await putting;
    expect(signs()).toEqual(noted);
  });

  test('of a volume that has been made anew is another one', async () => {
    const attachments = life();
    await mounted(attachments);
    const [before = ''] = signs();
    const again = { ...record(), id: randomUUID() };
    writeFileSync(join(folder, 'share/.nfs-shared/volumes/db.json'), JSON.stringify(again));
    await attachments.ensure(share(), ref, again, 5000);
    await eventually('the earlier sign was taken away', () => !signs().includes(before));
    expect(signs()).toHaveLength(1);
  });

  test('that cannot be taken away now is taken away later', async () => {
    const attachments = life();
    await mounted(attachments);
    faulty.faults = [{ operation: 'removeFile', errno: 'EACCES' }];
    unmounted(attachments);
    await eventually('it was tried twice', () => faulty.calls.filter(isTaking).length > 1);
    expect(signs()).toHaveLength(1);
    faulty.faults = [];
    await eventually('the sign was taken away', () => signs().length === 0);
    await eventually('it was struck off', () => new Journal(memory(), () => {}).entries.size === 0);
  });

  test('stays in memory while its remote dir is not configured', async () => {
    const attachments = life();
    await mounted(attachments);
    isThere = false;
    unmounted(attachments);
    await sleep(400);
    expect(new Journal(memory(), () => {}).entries.size).toBe(1);
    isThere = true;
    await eventually('the sign was taken away', () => signs().length === 0);
  });
});

const isTaking = ({ operation, path }: { operation: string; path: string }) =>
  operation === 'removeFile' && path.includes('attached');

describe('after a crash', () => {
  test('signs of volumes that nobody uses any more are taken away', async () => {
    const before = life();
    await mounted(before);
    before.stop();
    told = 0;
    life().takeUp();
    await eventually('the sign was taken away', () => signs().length === 0);
  });

  test('the sign of a container that runs on stays, and serves the next one', async () => {
    const before = life();
    await mounted(before);
    before.stop();
    const [name = ''] = signs();
    [told, isRunning] = [0, true];
    const after = life();
    after.takeUp();
    await sleep(300);
    await mounted(after);
    expect(signs()).toEqual([name]);
    isRunning = false;
    unmounted(after);
    await eventually('the sign was taken away', () => signs().length === 0);
  });

  test('every sign of a volume goes with its last use, also when an earlier life has left two', async () => {
    for (let each = 0; each < 2; each += 1) {
      const before = life();
      await mounted(before);
      before.stop();
    }
    expect(signs()).toHaveLength(2);
    told = 0;
    isRunning = true;
    const after = life();
    after.takeUp();
    await mounted(after);
    // Whatever waited for the end of the use has seen by now that there is a new one.
    await sleep(1500);
    isRunning = false;
    unmounted(after);
    await eventually('both signs were taken away', () => signs().length === 0);
  });
});

describe('a sign whose answer was lost', () => {
  test('is taken away again when it was put after all, later', async () => {
    const attachments = life();
    faulty.faults = [{ operation: 'makeSign', nth: 1, errno: 'ETIMEDOUT' }];
    told = 1;
    await expect(attachments.ensure(share(), ref, record(), 5000)).rejects.toMatchObject({ code: 'ShareUnreachable' });
    told = 0;
    await eventually('it was taken away', () => faulty.calls.some(isTaking));
    // It may still come: until that can be ruled out it is remembered, over a crash as well.
    const [name = ''] = new Journal(memory(), () => {}).entries.keys();
    writeFileSync(join(folder, 'share/.nfs-shared/attachments/db', name), '');
    attachments.stop();
    life().takeUp();
    await eventually('it was taken away again', () => signs().length === 0);
  });
});
