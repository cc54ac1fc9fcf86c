import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fileWork } from '../../../src/system/file-work.ts';
import { inState, type VolumeRecord } from '../../../src/volumes/record.ts';
import { writeRecord } from '../../../src/volumes/records.ts';
import { until } from '../../docker/until.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

let folder: string;
let share: string;
let host: PluginHost;
let faulty: FaultyFiles;
/** How far this host's clock is ahead, in seconds */
let ahead: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'removing-'));
  share = join(folder, 'share');
  mkdirSync(share);
  faulty = new FaultyFiles();
  ahead = 0;
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
  });
}

const trash = () => readdirSync(join(share, '.nfs-shared/trash')).filter(name => !name.endsWith('.json'));
const notes = () => readdirSync(join(share, '.nfs-shared/trash')).filter(name => name.endsWith('.json'));
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
    expect(readFileSync(join(share, '.nfs-shared/trash', trash()[0] ?? '', 'data'), 'utf8')).toBe('data');
    ahead = 3500;
    await sweep();
    expect(trash()).toHaveLength(1);
    ahead = 3700;
    await sweep();
    await until('it was deleted', 5000, () => (notes().length === 0 ? true : undefined));
    expect(trash()).toEqual([]);
  });

  test('has its whole time in trash also when its removal was finished only much later', async () => {
    await withData();
    await writeRecord(fileWork(share), inState(record(), 'removing', record().by, new Date()));
    ahead = 10 * 3600;
    await host.volumes.remove('db@disk');
    await sweep();
    expect(trash()).toHaveLength(1);
    ahead += 3700;
    await sweep();
    await until('it was deleted', 5000, () => (notes().length === 0 ? true : undefined));
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
      await until('it was deleted', 5000, () => (notes().length === 0 ? true : undefined));
      expect(readdirSync(share)).toEqual(['.nfs-shared']);
    },
  );
});

describe('a removal', () => {
  test('that was cut short is finished by the next Remove, and until then the volume is shown and not mounted', async () => {
    await withData();
    faulty.faults = [{ operation: 'rename', errno: 'EBUSY' }];
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    expect(await host.volumes.get('db@disk')).toMatchObject({ status: { state: 'ok', volumeState: 'removing' } });
    await expect(host.volumes.mount('db@disk', 'id')).rejects.toMatchObject({ code: 'BeingRemoved' });
    await expect(host.volumes.create('db@disk', none)).rejects.toMatchObject({ code: 'BeingRemoved' });
    faulty.faults = [];
    await host.volumes.remove('db@disk');
    expect(trash()).toHaveLength(1);
  });

  test('during which the trash is looked through loses nothing', async () => {
    await withData({ 'on-remove': 'delete' });
    faulty.faults = [{ operation: 'rename', hang: true }];
    const removing = host.volumes.remove('db@disk');
    await until('the folder was about to be moved', 5000, () => (faulty.hanging === 1 ? true : undefined));
    await sweep();
    expect(notes()).toHaveLength(1);
    faulty.letGo();
    await removing;
    await until('it was deleted', 5000, () => (notes().length === 0 ? true : undefined));
    expect(trash()).toEqual([]);
  });

  test('is taken back when the volume has come into use in between', async () => {
    await withData();
    host.stop();
    host = startHost(folder, {
      remoteDirs: { disk: { type: 'local', path: share } },
      mounts: false,
      fileWork: faulty.over,
      readNamespaces: async () => {
        if (existsSync(join(share, recordFile)) && record().state === 'removing')
          host.references.add({ label: 'disk', folder: 'db' }, 'late');
        return [];
      },
    });
    await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'VolumeInUse' });
    expect(record().state).toBe('ready');
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
    expect(record().state).toBe('ready');
  });
});

test('what cannot be read in trash is left where it is', async () => {
  await withData();
  await host.volumes.remove('db@disk');
  const at = join(share, '.nfs-shared/trash');
  const name = '20200101T000000000Z-11111111-2222-3333-4444-555555555555-x';
  mkdirSync(join(at, name));
  writeFileSync(
    join(at, `${name}.json`),
    JSON.stringify({ version: 1, name, at: '../../etc', keepUntil: '2020-01-01T00:00:00Z', record: {} }),
  );
  writeFileSync(join(at, 'notes.txt'), 'an admin was here');
  ahead = 3700;
  await sweep();
  await until('the other one was deleted', 5000, () => (notes().length === 1 ? true : undefined));
  expect(readdirSync(at).sort()).toEqual([name, `${name}.json`, 'notes.txt'].sort());
});
