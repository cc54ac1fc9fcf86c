import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStaticRemoteDirs } from '../../../src/remotes/static-remote-dirs.ts';

const read = (remoteDirs: string, config?: unknown) =>
  readStaticRemoteDirs({
    remoteDirs,
    configText: config === undefined || typeof config === 'string' ? config : JSON.stringify(config),
    defaults: { onRemove: 'trash', trashFor: 60 },
    embeddedPath: '/mnt/vmdk/local',
  });
const labels = (dirs: ReadonlyMap<string, unknown>) => [...dirs.keys()];

describe('the configured remote dirs', () => {
  test('with nothing configured there is one folder of this host', () => {
    for (const { dirs, invalid, faults } of [
      read(''),
      read(' \n', ''),
      read('', { LogLevel: 'debug' }),
      read('{}', {}),
    ]) {
      expect([...dirs]).toEqual([
        [
          'local',
          {
            label: 'local',
            type: 'local',
            path: '/mnt/vmdk/local',
            volPath: '',
            args: [],
            onRemove: 'trash',
            trashFor: 60,
            origin: 'embedded',
          },
        ],
      ]);
      expect([invalid.size, faults]).toEqual([0, []]);
    }
  });

  test.each([
    ['nfs://h/p'],
    ['{"nas": }'],
    ['nfs://h/p?vers=9:nas'],
    ['[]'],
    ['{"RemoteDirs": []}'],
    ['{"remoteDirs": {"nas": {"addr": "h", "path": "/p"}}}'],
    ['{"NAS": {"addr": "h", "path": "/p"}}'],
  ])('no folder of this host stands in for what %s was meant to be', text => {
    const { dirs, invalid, faults } = read(text);
    expect(labels(dirs)).toEqual([]);
    expect(invalid.size + faults.length).toBeGreaterThan(0);
  });

  test('addresses, a map of labels and a whole document in REMOTE_DIRS say the same', () => {
    const nas = { type: 'nfs4', addr: 'h', path: '/p', args: ['vers=4.2'] };
    const all = [
      read('nfs4://h/p?vers=4.2:nas'),
      read(JSON.stringify({ nas })),
      read(JSON.stringify({ RemoteDirs: { nas } })),
      read('', { RemoteDirs: { nas } }),
    ];
    for (const { dirs, faults } of all) {
      expect(faults).toEqual([]);
      expect(dirs).toEqual(all[0]?.dirs);
    }
    expect(all[0]?.dirs.get('nas')).toMatchObject({ label: 'nas', type: 'nfs4', path: '/p', origin: 'static' });
  });

  test('one bad remote dir never stops the others, and every fault of every one is told', () => {
    const { dirs, invalid, faults } = read('nfs://h/p:env nfs://h/x?uid=me&vers=9:bad', {
      RemoteDirs: {
        file: { addr: 'h', path: '/f' },
        worse: { adr: 'h', path: 'x' },
        'No Label': {},
        __proto__: 1,
        constructor: { addr: 'h', path: '/c' },
      },
    });
    expect(labels(dirs)).toEqual(['env', 'file', 'constructor']);
    expect(invalid).toEqual(
      new Map([
        [
          'bad',
          [
            'REMOTE_DIRS.bad.uid: expected a whole number from 0 to 4294967294, found "me"',
            'REMOTE_DIRS.bad.args: mount option "vers=9" is not a version this plugin mounts; expected 4, 4.0, 4.1 or 4.2',
          ],
        ],
        [
          'worse',
          [
            'RemoteDirs.worse.adr: there is no such setting; did you mean "addr"?',
            'RemoteDirs.worse.type: missing; expected one of nfs3, nfs4, efs, cifs, local, nfs, smb',
            'RemoteDirs.worse.path: expected an absolute path, one that begins with "/"',
          ],
        ],
      ]),
    );
    expect(faults).toEqual([expect.stringMatching(/^RemoteDirs\.No Label: not a label; expected a small letter/)]);
  });

  test('a label that only a prototype would know is a bad label like any other', () => {
    const { dirs, faults } = read(
      '{"__proto__": {"addr": "h", "path": "/p"}, "nas": {"addr": "h", "path": "/q", "__proto__": {"uid": 0}}}',
    );
    expect(labels(dirs)).toEqual([]);
    expect(faults).toEqual([expect.stringContaining('REMOTE_DIRS.__proto__: not a label')]);
    expect(Object.hasOwn(Object.prototype, 'addr')).toBe(false);
  });

  test('a label in both places is fine when both say the same, however it is spelt', () => {
    const { dirs, invalid } = read('nfs4://H//p/?port=2049:nas', { RemoteDirs: { nas: { addr: 'h', path: '/p' } } });
    expect([labels(dirs), invalid.size]).toEqual([['nas'], 0]);
  });

  test('a label in both places that says different things is used by neither', () => {
    const { dirs, invalid } = read('nfs4://h/p?uid=1:nas nfs://h/q:other', {
      RemoteDirs: { nas: { addr: 'h', path: '/p2' } },
    });
    expect(labels(dirs)).toEqual(['other']);
    expect([...invalid]).toEqual([
      [
        'nas',
        [
          'RemoteDirs.nas: given twice, with different settings: path is "/p" and "/p2", uid is "1" and ""; keep one of them',
        ],
      ],
    ]);
  });

  test('a label of which one description is wrong is not used by the other', () => {
    for (const { dirs, invalid } of [
      read('nfs4://h/p:nas nfs4://h/p?uid=x:nas'),
      read('nfs4://h/p?uid=x:nas nfs4://h/p:nas'),
    ]) {
      expect([labels(dirs), labels(invalid)]).toEqual([[], ['nas']]);
    }
  });

  test('two labels of one folder are one too many, and the first is named', () => {
    const { dirs, invalid } = read(
      'nfs4://h/a/b:one nfs3://h:2049/a?vol-path=b:two nfs4://h:2050/a/b:three local:///a/b:four',
    );
    expect(labels(dirs)).toEqual(['one', 'three', 'four']);
    expect(invalid.get('two')).toEqual([
      'REMOTE_DIRS.two: the same folder of the same server as remote dir "one"; keep one, or give one another vol-path',
    ]);
  });

  test('a config file that is not JSON is told with the place, and REMOTE_DIRS still counts', () => {
    const { dirs, faults } = read('nfs://h/p:nas', '{\n  "RemoteDirs": {,}\n}');
    expect(labels(dirs)).toEqual(['nas']);
    expect(faults).toEqual([
      'the config file is not JSON: line 2, column 18: expected a key in double quotes, found ","',
    ]);
  });

  test('the log settings of the original design are read, and a faulty one is told and left out', () => {
    expect(read('', { LogLevel: 'debug', LogPath: '/l', MaxLogAgeDays: 28, MaxLogSizeMb: 10 }).log).toEqual({
      level: 'debug',
      path: '/l',
      maxAgeDays: 28,
      maxSizeMb: 10,
    });
    const { log, faults, dirs } = read('', {
      LogLevel: 'loud',
      MaxLogAgeDays: 0,
      MaxLogSizeMB: 1,
      RemoteDirs: { nas: { addr: 'h', path: '/p' } },
    });
    expect(log).toEqual({});
    expect(faults).toEqual([
      'the config file, MaxLogSizeMB: there is no such setting; did you mean "MaxLogSizeMb"?',
      'the config file, LogLevel: expected one of trace, debug, info, warn, error, found "loud"',
      'the config file, MaxLogAgeDays: expected a number above 0, found 0',
    ]);
    expect(labels(dirs)).toEqual(['nas']);
  });

  test('whatever is configured, the answer is remote dirs and sentences, and nothing is thrown', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('nas', 'b', '__proto__', 'RemoteDirs', 'LogLevel', 'X'), fc.anything())
        .map(map => JSON.stringify(map) ?? ''),
    );
    fc.assert(
      fc.property(text, text, (variable, file) => {
        const { dirs, invalid, faults } = read(variable, file);
        expect(dirs.size + invalid.size + faults.length).toBeGreaterThan(0);
        for (const sentences of [faults, ...invalid.values()])
          for (const sentence of sentences) expect(sentence).toMatch(/^.{3,}: .{5,}/su);
        for (const label of dirs.keys()) expect(invalid.has(label)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
