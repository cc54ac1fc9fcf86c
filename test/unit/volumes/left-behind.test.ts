import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../../docker/until.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// What a host has begun and never ended: the others go on with it, or undo it, when it has stood still for minutes.

const MINUTE = 60_000;
let folder: string;
let share: string;
let running: PluginHost[];
let clockAhead: number;
let faulty: FaultyFiles;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'left-'));
  share = join(folder, 'share');
  mkdirSync(share);
  running = [];
  clockAhead = 0;
  faulty = new FaultyFiles();
});
afterEach(() => {
  for (const host of running) host.stop();
  rmSync(folder, { recursive: true });
});

function host(name: string, fileWork?: typeof faulty.over): PluginHost {
  const started = startHost(join(folder, name), {
    name,
    remoteDirs: { disk: { type: 'local', path: share } },
    mounts: false,
    readNamespaces: async () => [],
    trashFor: 3600,
    clock: () => performance.now() + clockAhead,
    ...(fileWork === undefined ? {} : { fileWork }),
  });
  running.push(started);
  return started;
}

/** A host that dies at an operation of the verb, before that is done or after it. */
async function diesAt(at: number, done: boolean, verb: (host: PluginHost) => Promise<unknown>): Promise<boolean> {
  faulty = new FaultyFiles();
  const dying = host(`dying-${running.length}`, faulty.over);
  await dying.shares.get('disk').use('open it', 5000, async () => {});
  faulty.death = { at: faulty.calls.length + at, done };
  const died = await verb(dying).then(
    () => false,
    () => true,
  );
  dying.stop();
  return died;
}

/** Looks at what was left behind twice, with minutes in between. */
async function minutesPass(by: PluginHost): Promise<void> {
  await by.trash.sweep(by.shares.get('disk'));
  clockAhead += 6 * MINUTE;
  await by.trash.sweep(by.shares.get('disk'));
}

const none = new Map<string, string>();
const options = new Map(Object.entries({ mode: '0750', group: 'shop' }));
const at = (path: string) => join(share, path);
const inTrash = () => readdirSync(at('.nfs-shared/trash'));
/** What is said about the volume, but for what is about a record that was never made: that is in nobody's way */
const signs = () => signsNow().filter(name => !name.startsWith('creating.') || name.endsWith(recordId()));
const signsNow = () =>
  existsSync(at('.nfs-shared/attachments/db')) ? readdirSync(at('.nfs-shared/attachments/db')) : [];
const recordId = () =>
  existsSync(at('.nfs-shared/volumes/db.json'))
    ? (JSON.parse(readFileSync(at('.nfs-shared/volumes/db.json'), 'utf8')) as { id: string }).id
    : 'no record';
const names = async (of: PluginHost) => (await of.volumes.list()).map(({ name }) => name);
async function inTheTrash(by: PluginHost): Promise<string> {
  await by.volumes.create('db@disk', options);
  writeFileSync(at('db/data'), 'precious');
  await by.volumes.remove('db@disk');
  return inTrash()[0] ?? '';
}
const contentIn = () =>
  [
    join(share, 'db/data'),
    join(share, 'other/data'),
    ...inTrash().map(name => at(`.nfs-shared/trash/${name}/data/data`)),
  ]
    .filter(path => existsSync(path))
    .map(path => readFileSync(path, 'utf8'));

describe('a restoration whose host has died', () => {
  describe.each([
    ['before an operation was done', false],
    ['after one was done', true],
  ])('%s', (_, done) => {
    test.each([
      ['has come to its end by itself after some minutes, or never was', minutesPass],
      [
        'does not keep the name: a Create gives the volume with its data, or a new one',
        async (by: PluginHost) => {
          await by.volumes.create('db@disk', none);
          await minutesPass(by);
        },
      ],
      [
        'does not keep the volume from being removed',
        async (by: PluginHost) => {
          await by.volumes.remove('db@disk');
          await minutesPass(by);
          expect(existsSync(at('db'))).toBe(false);
        },
      ],
      [
        'is no reason to wait for who asks for it once more',
        async (by: PluginHost) => {
          const [entry] = await by.operator.trash('disk');
          if (entry !== undefined)
            await by.operator.restore('disk', entry.entry, undefined).catch(error => {
              expect(error).toMatchObject({
                message: expect.stringMatching(/it is there again already, as "db"|there is a volume "db" now/),
              });
            });
          if (entry !== undefined) expect(readFileSync(at('db/data'), 'utf8')).toBe('precious');
          await minutesPass(by);
        },
      ],
    ])(
      '%s',
      async (_title, then) => {
        const alpha = host('alpha');
        for (let step = 1; ; step += 1) {
          const entry = await inTheTrash(alpha);
          const died = await diesAt(step, done, dying => dying.operator.restore('disk', entry, undefined));
          await then(alpha);
          expect(contentIn()).toEqual(['precious']);
          expect(signs()).toEqual([]);
          expect((await alpha.operator.trash('disk')).filter(({ state }) => state !== 'kept')).toEqual([]);
          const shown = await alpha.volumes.get('db@disk');
          if (existsSync(at('db/data')))
            expect(shown).toMatchObject({ status: { options: { mode: '0750', group: 'shop' } } });
          if (shown !== undefined) await alpha.volumes.remove('db@disk');
          for (const name of inTrash()) rmSync(at(`.nfs-shared/trash/${name}`), { recursive: true });
          if (!died) {
            expect(step).toBeGreaterThan(8);
            return;
          }
        }
      },
      60_000,
    );
  });

  test('under another name goes on under that name', async () => {
    const alpha = host('alpha');
    const entry = await inTheTrash(alpha);
    const isMove = () => faulty.calls.filter(({ path }) => path.endsWith('/data')).length;
    for (let step = 1; isMove() === 0 || !existsSync(at('.nfs-shared/volumes/other.json')); step += 1) {
      const [present = entry] = inTrash();
      await diesAt(step, false, dying => dying.operator.restore('disk', present, 'other'));
    }
    expect(existsSync(at('other'))).toBe(false);
    await minutesPass(alpha);
    expect(readFileSync(at('other/data'), 'utf8')).toBe('precious');
    expect(await alpha.volumes.get('other@disk')).toMatchObject({ status: { state: 'ok' } });
    expect(inTrash()).toEqual([]);
  });

  test('is given back to the trash when something else is in the place of its folder by then', async () => {
    const alpha = host('alpha');
    const entry = await inTheTrash(alpha);
    for (let step = 1; !existsSync(at('.nfs-shared/volumes/db.json')); step += 1) {
      const [present = entry] = inTrash();
      await diesAt(step, false, dying => dying.operator.restore('disk', present, undefined));
    }
    mkdirSync(at('db'));
    writeFileSync(at('db/other'), "somebody else's");
    await minutesPass(alpha);
    expect(readdirSync(at('db'))).toEqual(['other']);
    expect(existsSync(at('.nfs-shared/volumes/db.json'))).toBe(false);
    expect(inTrash()).toEqual([entry]);
    expect(readdirSync(at(`.nfs-shared/trash/${entry}`)).sort()).toEqual(['data', 'record.json']);
  });
});

describe('a refused restoration', () => {
  test.each([
    ['its plan cannot be written', { operation: 'writeNew', path: /restored\.json$/ }],
    ['its sign cannot be put', { operation: 'writeNew', path: /creating/ }],
    ['its record cannot be made', { operation: 'linkNew' }],
    ['its folder cannot be moved', { operation: 'rename', path: /\/data$/ }],
  ] as const)('leaves the entry as it was when %s', async (_, fault) => {
    const alpha = host('alpha');
    const entry = await inTheTrash(alpha);
    const beta = host('beta', faulty.over);
    faulty.faults = [{ ...fault, errno: 'ENOSPC' }];
    await expect(beta.operator.restore('disk', entry, undefined)).rejects.toMatchObject({ code: 'StorageFailed' });
    faulty.faults = [];
    // Of what cannot be moved the record is made, and whoever comes next goes on from there.
    if (fault.operation === 'rename') await minutesPass(alpha);
    if (fault.operation === 'rename') expect(await alpha.volumes.get('db@disk')).toBeDefined();
    else expect(inTrash()).toEqual([entry]);
    expect(signs()).toEqual([]);
    expect(contentIn()).toEqual(['precious']);
  });
});

describe('a volume that is half made', () => {
  async function halfMade(by: string): Promise<void> {
    const dying = host(by, faulty.over);
    await dying.volumes.list();
    faulty.faults = [{ operation: 'setMode', errno: 'EIO' }];
    await expect(dying.volumes.create('db@disk', options)).rejects.toMatchObject({ code: 'StorageFailed' });
    dying.stop();
    expect(signs()).toEqual([expect.stringMatching(/^creating\./)]);
  }

  test('is not listed, as inspect does not know it, and is when it was finished', async () => {
    await halfMade('alpha');
    const beta = host('beta');
    expect(await names(beta)).toEqual([]);
    expect(await beta.volumes.get('db@disk')).toBeUndefined();
    const gamma = host('gamma');
    await gamma.volumes.create('db@disk', options);
    expect(await names(beta)).toEqual(['db@disk']);
  });

  test('is undone when nobody goes on with it, and one that somebody has finished is not', async () => {
    await halfMade('alpha');
    const beta = host('beta');
    await beta.trash.sweep(beta.shares.get('disk'));
    expect(existsSync(at('db'))).toBe(true);
    clockAhead += 4 * MINUTE;
    await beta.trash.sweep(beta.shares.get('disk'));
    expect(existsSync(at('db'))).toBe(true);
    clockAhead += 2 * MINUTE;
    await beta.trash.sweep(beta.shares.get('disk'));
    expect(existsSync(at('db'))).toBe(false);
    expect(existsSync(at('.nfs-shared/volumes/db.json'))).toBe(false);
    expect([...signs(), ...inTrash()]).toEqual([]);

    await halfMade('delta');
    await beta.trash.sweep(beta.shares.get('disk'));
    await beta.volumes.create('db@disk', none);
    clockAhead += 6 * MINUTE;
    await beta.trash.sweep(beta.shares.get('disk'));
    expect(await beta.volumes.get('db@disk')).toMatchObject({ status: { options: { group: 'shop' } } });
  });

  test('leaves what has come into its folder in trash', async () => {
    await halfMade('alpha');
    writeFileSync(at('db/data'), 'precious');
    await minutesPass(host('beta'));
    expect(existsSync(at('db'))).toBe(false);
    expect(contentIn()).toEqual(['precious']);
  });

  test("that was to be made of somebody's folder leaves that where it is", async () => {
    mkdirSync(at('db'));
    writeFileSync(at('db/data'), 'precious');
    const alpha = host('alpha', faulty.over);
    faulty.faults = [{ operation: 'removeFile', path: /creating/, errno: 'EIO' }];
    await expect(alpha.volumes.create('db@disk', none)).rejects.toMatchObject({ code: 'StorageFailed' });
    alpha.stop();
    await minutesPass(host('beta'));
    expect(readFileSync(at('db/data'), 'utf8')).toBe('precious');
    expect(existsSync(at('.nfs-shared/volumes/db.json'))).toBe(false);
  });

  test("and whose making is refused leaves somebody's folder where it is", async () => {
    mkdirSync(at('db'));
    const { ino } = statSync(at('db'));
    const alpha = host('alpha', faulty.over);
    faulty.faults = [{ operation: 'removeFile', path: /creating/, errno: 'EACCES', nth: 1 }];
    await expect(alpha.volumes.create('db@disk', none)).rejects.toMatchObject({ code: 'StorageFailed' });
    expect(statSync(at('db')).ino).toBe(ino);
    expect(existsSync(at('.nfs-shared/volumes/db.json'))).toBe(false);
  });
});

describe('small files that a crash has left', () => {
  const uuid = '11111111-2222-3333-4444-555555555555';
  const ours = [
    `hosts/.time-${uuid}`,
    `hosts/.${uuid}.json.${uuid}`,
    `.format.json.${uuid}`,
    `attachments/db/creating.${uuid}`,
    `proof-${uuid}/written`,
    `proof-${uuid}/.written.${uuid}`,
  ];
  const theirs = [
    'hosts/.time-of-my-life',
    `attachments/db/attached.${uuid}.${uuid}`,
    'attachments/db/creating.notes',
    `hosts/${uuid}.json`,
    `hosts/.notes.${uuid}`,
    `volumes/.time-${uuid}`,
    `.backup.json.${uuid}`,
    `proof-${uuid.replaceAll('1', '7')}/thesis.txt`,
  ];
  const ofOurs = () => [...ours, ...theirs].filter(path => existsSync(at(`.nfs-shared/${path}`)));

  test('are swept up when they are old by the clock of the share, and nothing else is', async () => {
    let ahead = 0;
    const alpha = startHost(join(folder, 'alpha'), {
      remoteDirs: { disk: { type: 'local', path: share } },
      mounts: false,
      now: () => new Date(Date.now() + ahead),
    });
    running.push(alpha);
    await alpha.volumes.list();
    for (const path of [...ours, ...theirs]) {
      mkdirSync(join(at(`.nfs-shared/${path}`), '..'), { recursive: true });
      writeFileSync(at(`.nfs-shared/${path}`), '');
    }
    await alpha.trash.sweep(alpha.shares.get('disk'));
    expect(ofOurs()).toEqual([...ours, ...theirs]);
    ahead = 61 * MINUTE;
    // One that came too late for its own limit is made up for by the next.
    await until('they are swept up', 60_000, async () => {
      await alpha.trash.sweep(alpha.shares.get('disk'));
      return existsSync(at(`.nfs-shared/${ours[0]}`)) ? undefined : true;
    });
    expect(ofOurs()).toEqual(theirs);
    expect(existsSync(at(`.nfs-shared/proof-${uuid}`))).toBe(false);
  });
});
