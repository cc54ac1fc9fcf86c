import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VolumeRecord } from '../../../src/volumes/record.ts';
import { until } from '../../docker/until.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

let folder: string;
let share: string;
let host: PluginHost;
let faulty: FaultyFiles;
/** How far this host's clock is ahead, in seconds */
let ahead: number;
/** The same for the clock that only measures, in milliseconds */
let clockAhead: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'removing-'));
  share = join(folder, 'share');
  mkdirSync(share);
  faulty = new FaultyFiles();
  ahead = 0;
  clockAhead = 0;
  host = start();
});
afterEach(() => {
  host.stop();
  rmSync(folder, { recursive: true });
});

function start(): PluginHost {
  return startHost(folder, {
    remoteDirs: { disk: { type: 'local', path: share } },
    mounts: false,
    readNamespaces: async () => [],
    fileWork: faulty.over,
    trashFor: 3600,
    now: () => new Date(Date.now() + ahead * 1000),
    clock: () => performance.now() + clockAhead,
  });
}

const inTrash = () => readdirSync(join(share, '.nfs-shared/trash'));
const trash = () => inTrash().filter(name => !name.endsWith('.leaving'));
/** What is said about the volume, without what tells one time from another */
const signs = () => {
  const at = join(share, '.nfs-shared/attachments/db');
  return (existsSync(at) ? readdirSync(at) : []).map(name => name.replace(/\..*/, ''));
};
/** Until when the one removed volume is kept */
const keepUntil = () => {
  const [, time = ''] = /^(\d{8}T\d{6})/.exec(trash()[0] ?? '') ?? [];
  return Date.parse(time.replace(/^(....)(..)(..T..)(..)(..)$/, '$1-$2-$3:$4:$5Z'));
};
const recordFile = join('.nfs-shared', 'volumes', 'db.json');
const record = () => JSON.parse(readFileSync(join(share, recordFile), 'utf8')) as VolumeRecord;
const none = new Map<string, string>();

async function withData(options: Readonly<Record<string, string>> = {}): Promise<void> {
  await host.volumes.create('db@disk', new Map(Object.entries(options)));
  writeFileSync(join(share, 'db', 'data'), 'data');
}

/** Looks through the trash as it does by itself every few minutes, and waits for the end of that. */
async function sweep(): Promise<void> {
  const share_ = host.shares.get('disk');
  await share_.use('open', 5000, async () => {});
  const before = faulty.calls.length;
  host.trash.sweepSoon(share_);
  await until('the trash was listed', 5000, () =>
    faulty.calls.slice(before).some(({ operation, path }) => operation === 'list' && path.endsWith('trash'))
      ? true
      : undefined,
  );
  await new Promise(resolve => setTimeout(resolve, 100));
}

describe('a removed volume', () => {
  test('is kept in trash until its time is over, and no longer', async () => {
    await withData();
    await host.volumes.remove('db@disk');
    expect(readFileSync(join(share, '.nfs-shared/trash', trash()[0] ?? '', 'data/data'), 'utf8')).toBe('data');
    ahead = 3500;
    await sweep();
    expect(trash()).toHaveLength(1);
    ahead = 3700;
    await sweep();
    await until('it was deleted', 5000, () => (inTrash().length === 0 ? true : undefined));
    expect(trash()).toEqual([]);
  });

  test('has its whole time in trash also when its removal was finished only much later', async () => {
    await withData();
    faulty.faults = [{ operation: 'rename', path: /db\.json$/, errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    faulty.faults = [];
    await new Promise(resolve => setTimeout(resolve, 2100));
    const finishedAt = Date.now();
    await host.volumes.remove('db@disk');
    expect(keepUntil()).toBeGreaterThanOrEqual(finishedAt + 3600_000 - 1000);
    expect(keepUntil()).toBeLessThanOrEqual(Date.now() + 3600_000);
  });

  test('takes all its signs with it', async () => {
    await withData();
    await host.volumes.remove('db@disk');
    expect(existsSync(join(share, '.nfs-shared/attachments/db'))).toBe(false);
    expect(inTrash()).toHaveLength(1);
    const [entry = ''] = trash();
    expect(readdirSync(join(share, '.nfs-shared/trash', entry)).sort()).toEqual(['data', 'record.json']);
  });

  test('can be made anew at once, and the two do not touch', async () => {
    await withData();
    const { id } = record();
    await host.volumes.remove('db@disk');
    await host.volumes.create('db@disk', none);
    expect(readdirSync(join(share, 'db'))).toEqual([]);
    expect(record().id).not.toBe(id);
    expect(trash()).toEqual([expect.stringMatching(new RegExp(`^\\d{8}T\\d{9}Z-${id}-db$`))]);
  });

  test('goes also from a share on which no folder can be made any more', async () => {
    await withData();
    faulty.faults = [{ operation: 'makeFolder', errno: 'ENOSPC' }];
    await host.volumes.remove('db@disk');
    expect(readFileSync(join(share, '.nfs-shared/trash', trash()[0] ?? '', 'data/data'), 'utf8')).toBe('data');
    faulty.faults = [];
    ahead = 3700;
    await sweep();
    // Gone, and the next removal from a full share has its room again.
    await until('it was deleted', 5000, () => (inTrash().length === 0 ? true : undefined));
    await until('there was room again', 5000, () => (existsSync(join(share, '.nfs-shared/spare')) ? true : undefined));
  });

  test('goes from a full share also right after another one, and after a Create that had to be taken back', async () => {
    for (const name of ['db', 'second']) await host.volumes.create(`${name}@disk`, none);
    faulty.faults = [{ operation: 'makeFolder', path: /^(new$|\.nfs-shared\/trash)/, errno: 'ENOSPC' }];
    for (let tries = 0; tries < 6; tries += 1)
      await expect(host.volumes.create('new@disk', none)).rejects.toThrow('no space left');
    expect(existsSync(join(share, '.nfs-shared/volumes/new.json'))).toBe(false);
    for (const name of ['db', 'second']) await host.volumes.remove(`${name}@disk`);
    expect(inTrash()).toHaveLength(2);
  });

  test('with on-remove=retain stays where it is, and can be had back by its name', async () => {
    await withData({ 'on-remove': 'retain' });
    await host.volumes.remove('db@disk');
    expect(existsSync(join(share, recordFile))).toBe(false);
    await host.volumes.create('db@disk', none);
    expect(record().adopted).toBe(true);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('whose folder has gone already is gone with its record', async () => {
    await withData();
    rmSync(join(share, 'db'), { recursive: true });
    await host.volumes.remove('db@disk');
    expect(existsSync(join(share, recordFile))).toBe(false);
    expect(await host.volumes.get('db@disk')).toBeUndefined();
  });

  test('in whose place is something else is left alone, and said so', async () => {
    await withData();
    rmSync(join(share, 'db'), { recursive: true });
    writeFileSync(join(share, 'db'), 'a file');
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'NotRemovable' });
    expect(readFileSync(join(share, 'db'), 'utf8')).toBe('a file');
  });

  test.each(['EACCES', 'EPERM'])(
    'goes beside the others when the server says %s to a move into trash, and is deleted there in time',
    async errno => {
      await withData();
      faulty.faults = [{ operation: 'rename', nth: 1, errno }];
      await host.volumes.remove('db@disk');
      const [hidden = ''] = readdirSync(share).filter(name => name.startsWith('.nfs-shared-'));
      expect(readFileSync(join(share, hidden, 'data'), 'utf8')).toBe('data');
      ahead = 3700;
      await sweep();
      await until('it was deleted', 5000, () => (inTrash().length === 0 ? true : undefined));
      expect(readdirSync(share)).toEqual(['.nfs-shared']);
    },
  );
});

describe('a removal', () => {
  test('that was cut short is finished by the next Remove, and until then the volume is shown as one that goes', async () => {
    await withData();
    faulty.faults = [{ operation: 'rename', errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    expect(await host.volumes.get('db@disk')).toMatchObject({ status: { state: 'ok', volumeState: 'removing' } });
    expect(signs()).toEqual(['removing']);
    faulty.faults = [];
    await host.volumes.remove('db@disk');
    expect(inTrash()).toEqual(trash());
    expect(trash()).toHaveLength(1);
    expect(signs()).toEqual([]);
  });

  test('that was cut short before anything was moved is taken back by the next Create', async () => {
    await withData();
    const before = record();
    faulty.faults = [{ operation: 'rename', errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    faulty.faults = [];
    await host.volumes.create('db@disk', none);
    expect(record()).toEqual(before);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
    expect([...signs(), ...inTrash()]).toEqual([]);
  });

  test('that was cut short after its first move is carried to its end by the next Create, which makes a new volume', async () => {
    await withData();
    const { id } = record();
    faulty.faults = [{ operation: 'rename', path: /db\.json$/, errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    expect(existsSync(join(share, 'db'))).toBe(false);
    faulty.faults = [];
    await host.volumes.create('db@disk', none);
    expect(record().id).not.toBe(id);
    expect(readdirSync(join(share, 'db'))).toEqual([]);
    expect(readFileSync(join(share, '.nfs-shared/trash', trash()[0] ?? '', 'data/data'), 'utf8')).toBe('data');
    expect(inTrash()).toHaveLength(1);
    expect(signs()).toEqual([]);
  });

  test('during which the trash is looked through loses nothing', async () => {
    await withData({ 'on-remove': 'delete' });
    faulty.faults = [{ operation: 'rename', hang: true }];
    const removing = host.volumes.remove('db@disk');
    await until('the folder was about to be moved', 5000, () => (faulty.hanging === 1 ? true : undefined));
    await sweep();
    expect(inTrash()).toEqual([expect.stringMatching(/-db\.leaving$/)]);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
    faulty.letGo();
    await removing;
    await until('it was deleted', 5000, () => (inTrash().length === 0 ? true : undefined));
  });

  test('ends the making of volumes that was begun before it, and not that of a new one', async () => {
    await withData();
    const sign = (id: string) => join(share, '.nfs-shared/attachments/db', `creating.${id}`);
    const [before, after] = ['11111111', '22222222'].map(start => `${start}-2222-3333-4444-555555555555`);
    mkdirSync(join(share, '.nfs-shared/attachments/db'), { recursive: true });
    writeFileSync(sign(`${before}`), '{}');
    faulty.faults = [{ operation: 'rename', hang: true }];
    const removing = host.volumes.remove('db@disk');
    await until('the folder was about to be moved', 5000, () => (faulty.hanging === 1 ? true : undefined));
    // Its record can still not come into its place.
    expect(existsSync(join(share, recordFile))).toBe(true);
    expect(signs()).toEqual(['removing']);
    writeFileSync(sign(`${after}`), '{}');
    faulty.letGo();
    await removing;
    expect(readdirSync(join(share, '.nfs-shared/attachments/db'))).toEqual([`creating.${after}`]);
  });

  test('is taken back when the volume has come into use in between', async () => {
    await withData();
    host.stop();
    host = startHost(folder, {
      remoteDirs: { disk: { type: 'local', path: share } },
      mounts: false,
      fileWork: faulty.over,
      readNamespaces: async () => {
        if (signs().includes('removing')) host.references.add({ label: 'disk', folder: 'db' }, 'late');
        return [];
      },
    });
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'VolumeInUse' });
    expect(signs()).toEqual([]);
    expect(inTrash()).toEqual([]);
    expect(existsSync(join(share, recordFile))).toBe(true);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('is refused while nobody can say who uses the volume', async () => {
    await withData();
    host.stop();
    host = startHost(folder, {
      remoteDirs: { disk: { type: 'local', path: share } },
      mounts: false,
      readNamespaces: async () => {
        throw Object.assign(new Error('no'), { code: 'EACCES' });
      },
    });
    await expect(host.volumes.remove('db@disk')).rejects.toThrow();
    expect(signs()).toEqual([]);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });
});

describe('in trash', () => {
  const at = () => join(share, '.nfs-shared/trash');
  const id = '11111111-2222-3333-4444-555555555555';

  test('what is not understood is left where it is', async () => {
    await withData();
    await host.volumes.remove('db@disk');
    const strange = [`20200101T000000Z-${id}-x`, '20200101T000000000Z-db', `${id}-x`, `20209901T000000000Z-${id}-x`];
    for (const name of strange) mkdirSync(join(at(), name));
    writeFileSync(join(at(), `20200101T000000000Z-${id}-x`), 'a file under the name of a removed volume');
    writeFileSync(join(at(), 'notes.txt'), 'an admin was here');
    ahead = 3700;
    await sweep();
    const left = [...strange, `20200101T000000000Z-${id}-x`, 'notes.txt'].sort();
    await until('the removed volume was deleted', 5000, () => (inTrash().length === left.length ? true : undefined));
    expect(inTrash().sort()).toEqual(left);
  });

  test('a link under the name of a removed volume leads no deletion elsewhere', async () => {
    await withData();
    const name = `20200101T000000000Z-${id}-x`;
    symlinkSync(join(share, 'db'), join(at(), name));
    mkdirSync(join(at(), `20200101T000000000Z-${id}-y`));
    symlinkSync(join(share, 'db'), join(at(), `20200101T000000000Z-${id}-y`, 'data'));
    await sweep();
    await until('the second was deleted', 5000, () => (inTrash().length === 1 ? true : undefined));
    expect(inTrash()).toEqual([name]);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('a removal that its host left behind is settled, and one whose record cannot be read keeps nothing else there', async () => {
    await withData();
    const { id: recordId } = record();
    faulty.faults = [{ operation: 'rename', path: /db\.json$/, errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    faulty.faults = [];
    writeFileSync(join(share, '.nfs-shared/volumes/broken.json'), 'not a record');
    mkdirSync(join(at(), `${id}-broken.leaving`));
    await sweep();
    expect(trash()).toEqual([]);
    clockAhead = 6 * 60_000;
    await sweep();
    await until('it was settled', 5000, () => (trash().length === 1 ? true : undefined));
    expect(inTrash().sort()).toEqual([expect.stringContaining(`${recordId}-db`), `${id}-broken.leaving`].sort());
    expect(readFileSync(join(at(), trash()[0] ?? '', 'data/data'), 'utf8')).toBe('data');
    expect(existsSync(join(share, recordFile))).toBe(false);
    expect(signs()).toEqual([]);
  });

  test('a removal that was taken back and comes again later is not taken for one that was left behind', async () => {
    await withData();
    faulty.faults = [{ operation: 'rename', errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    await sweep();
    faulty.faults = [];
    await host.volumes.create('db@disk', none);
    await sweep();
    clockAhead = 6 * 60_000;
    faulty.faults = [{ operation: 'rename', hang: true }];
    const removing = host.volumes.remove('db@disk');
    await until('the folder was about to be moved', 5000, () => (faulty.hanging === 1 ? true : undefined));
    await sweep();
    expect(signs()).toEqual(['removing']);
    expect(inTrash()).toHaveLength(1);
    faulty.letGo();
    await removing;
    expect(trash()).toHaveLength(1);
  });
});
