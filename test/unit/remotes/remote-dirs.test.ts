import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Failure, isFailure } from '../../../src/errors.ts';
import { RemoteDirs, readStaticRemoteDirs } from '../../../src/remotes/remote-dirs.ts';

let folder: string;
let stateFile: string;
let warnings: string[];
const defaults = { onRemove: 'trash', trashFor: 60 } as const;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remote-dirs-'));
  stateFile = join(folder, 'state', 'remote-dirs.json');
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(remoteDirs: string): RemoteDirs {
  const configured = readStaticRemoteDirs({
    remoteDirs,
    configText: undefined,
    defaults,
    embeddedPath: '/mnt/vmdk/local',
  });
  return new RemoteDirs({ configured, stateFile, defaults, warn: text => warnings.push(text), now: () => new Date(0) });
}
const options = (given: Record<string, string>) => new Map(Object.entries(given));
const dynamic = options({
  type: 'nfs4',
  addr: 'H2',
  path: '/data/',
  args: 'vers=4.1,noatime',
  port: '2050',
  'vol-path': 'v',
  adopt: 'all',
});

function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function writeState(text: string): void {
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(stateFile, text);
}

describe('the table of remote dirs', () => {
  test('knows good and bad labels, and lists both', () => {
    const dirs = start('nfs://h/p:nas nfs://h/p?uid=x:bad');
    expect(dirs.labels()).toEqual(['nas', 'bad']);
    expect(dirs.all().map(dir => dir.label)).toEqual(['nas']);
    expect(dirs.find('nas')).toMatchObject({ state: 'ok', dir: { path: '/p' } });
    expect(dirs.find('bad')).toMatchObject({ state: 'invalid', faults: [expect.stringContaining('uid')] });
    expect(dirs.find('constructor')).toBeUndefined();
  });

  test('a bare name means the only remote dir, and nothing as soon as there are two, were one of them invalid', () => {
    expect(start('').only()?.label).toBe('local');
    expect(start('nfs://h/p:nas').only()?.label).toBe('nas');
    expect(start('nfs://h/p:nas nfs://h/q:b').only()).toBeUndefined();
    expect(start('nfs://h/p:nas nfs://h/q?uid=x:b').only()).toBeUndefined();
    expect(start('nfs://h/q?uid=x:b').only()).toBeUndefined();
  });
});

describe('remote dirs made with -o', () => {
  test('are there after a restart, in a file nobody else can read', () => {
    const made = start('nfs://h/p:nas').add('more', dynamic);
    expect(made).toEqual({
      label: 'more',
      type: 'nfs4',
      addr: 'h2',
      port: 2050,
      path: '/data',
      volPath: 'v',
      args: ['vers=4.1', 'noatime'],
      adopt: 'all',
      ...defaults,
      origin: 'dynamic',
    });
    const again = start('nfs://h/p:nas');
    expect(again.labels()).toEqual(['nas', 'more']);
    expect(again.find('more')).toEqual({ state: 'ok', dir: made });
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  test('the same options again give the same remote dir, and so does a part of them in another spelling', () => {
    const dirs = start('');
    const made = dirs.add('more', dynamic);
    for (const given of [
      dynamic,
      options({}),
      options({ path: '//data', addr: 'h2' }),
      options({ type: 'nfs', args: '-o vers=4.1, noatime' }),
    ]) {
      expect(dirs.add('more', given)).toBe(made);
    }
    expect(start('nfs://h/p:nas').add('nas', options({ port: '2049', path: '/p' }))).toMatchObject({
      origin: 'static',
    });
  });

  test('other options for a label that exists are refused, each difference shown', () => {
    const dirs = start('');
    dirs.add('more', dynamic);
    const before = readFileSync(stateFile, 'utf8');
    const failure = failureOf(() => dirs.add('more', options({ addr: 'h3', path: '/data', type: 'local', port: 'x' })));
    expect(failure.code).toBe('RemoteDirDiffers');
    expect(failure.message).toContain(
      'addr is "h2", asked for "h3"; type is "nfs4", asked for "local"; port is "2050", asked for "x"',
    );
    expect(readFileSync(stateFile, 'utf8')).toBe(before);
  });

  test.each([
    ['UnknownOption', 'x', { adr: 'h' }, 'did you mean "addr"?'],
    ['UnknownOption', 'x', { uid: '0' }, 'there is no option "uid"'],
    ['UnknownLabel', 'x', {}, 'there is no remote dir "x" (configured: "nas", "bad")'],
    ['RemoteDirInvalid', 'bad', { path: '/p' }, 'REMOTE_DIRS.bad.uid'],
    [
      'RemoteDirInvalid',
      'x',
      { addr: 'h', path: 'p', port: '0' },
      'port: expected a whole number from 1 to 65535, found 0; path: expected an absolute path',
    ],
    ['RemoteDirInvalid', '__proto__', { addr: 'h', path: '/q' }, 'label'],
    ['RemoteDirInvalid', 'x', { addr: 'h', path: '/q', args: 'ro' }, 'access=ro'],
    ['SameRoot', 'x', { addr: 'h', path: '/', 'vol-path': 'p' }, 'the same folder as remote dir "nas"'],
  ])(
    '%s: the label %s with %j is refused, and nothing is kept',
    (code, label, given: Record<string, string>, words) => {
      const dirs = start('nfs://h/p:nas nfs://h/p?uid=x:bad');
      const failure = failureOf(() => dirs.add(label, options(given)));
      expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(words)]);
      expect(dirs.labels()).toEqual(['nas', 'bad']);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('a memory that cannot be written fails the making, and the label stays unknown', () => {
    const dirs = start('nfs://h/p:nas');
    writeFileSync(join(folder, 'state'), 'a file where the folder should be');
    expect(failureOf(() => dirs.add('more', dynamic)).code).toBe('LocalStateUnwritable');
    expect(dirs.find('more')).toBeUndefined();
  });

  test.each([
    '',
    '{',
    '[]',
    '{"version":2,"remoteDirs":{}}',
    '{"version":1,"remoteDirs":{"nas":7}}',
    '{"version":1,"remoteDirs":{"../x":{}}}',
  ])('a memory that holds %j is set aside and told, and the plugin starts without it', text => {
    writeState(text);
    const dirs = start('nfs://h/p:nas');
    expect(dirs.labels()).toEqual(['nas']);
    expect(readdirSync(join(folder, 'state'))).toEqual(['remote-dirs.json.corrupt-1970-01-01T000000.000Z']);
    expect(readFileSync(join(folder, 'state', 'remote-dirs.json.corrupt-1970-01-01T000000.000Z'), 'utf8')).toBe(text);
    expect(warnings).toEqual([expect.stringContaining('remote-dirs.json.corrupt-1970')]);
  });

  test('a password is not kept there: one that somebody wrote into it is not used', () => {
    const smb = { type: 'cifs', addr: 'h', path: '/share', user: 'bob', password: 'hunter2' };
    writeState(JSON.stringify({ version: 1, remoteDirs: { smb } }));
    const found = start('nfs://h/p:nas').find('smb');
    expect(found).toMatchObject({ state: 'invalid', faults: [expect.stringContaining('password: cannot be given')] });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test('one that this version cannot read is invalid, stays in the memory, and takes no other with it', () => {
    const later = { type: 'nfs5', addr: 'h', path: '/later' };
    const good = { addr: 'h', path: '/good' };
    writeState(JSON.stringify({ version: 1, remoteDirs: { later, good, twin: good } }));
    const dirs = start('nfs://h/p:nas');
    expect(dirs.all().map(dir => dir.label)).toEqual(['nas', 'good']);
    expect(dirs.find('later')).toMatchObject({
      state: 'invalid',
      faults: [expect.stringContaining('later.type: expected one of')],
    });
    expect(dirs.find('twin')).toMatchObject({ state: 'invalid', faults: [expect.stringContaining('"good"')] });
    dirs.add('more', dynamic);
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ remoteDirs: { later, good, twin: good } });
  });

  test('what is configured later wins over what was made with -o, and that is told', () => {
    start('').add('more', dynamic);
    const dirs = start('nfs://h/p:more');
    expect(dirs.find('more')).toMatchObject({ state: 'ok', dir: { addr: 'h', origin: 'static' } });
    expect(warnings).toEqual([expect.stringContaining('"more" is configured now')]);
  });

  test('a memory that cannot even be opened is not taken for an empty one', () => {
    mkdirSync(stateFile, { recursive: true });
    expect(() => start('')).toThrow('EISDIR');
  });
});
