import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Credentials } from '../../../src/mounts/credentials.ts';
import { Secret } from '../../../src/system/secret.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
let credentials: Credentials;
const login = { user: 'bob', password: new Secret('hunter2, "x"') };
const text = (file: string) => Promise.resolve(readFileSync(file, 'utf8'));
const left = () => (existsSync(folder('secrets')) ? readdirSync(folder('secrets')) : []);

const made = (source = 'source') => new Credentials({ folder: folder('secrets'), source: folder(source) });
beforeEach(() => {
  credentials = made();
});

describe('a login for a mount helper', () => {
  test('lies in a file that root alone can read, for as long as the helper runs', async () => {
    const seen = await credentials.with({ ...login, domain: 'CORP' }, async file => ({
      text: await text(file),
      mode: statSync(file).mode & 0o777,
      folder: statSync(folder('secrets')).mode & 0o777,
    }));
    const lines = 'username=bob\npassword=hunter2, "x"\ndomain=CORP\n';
    expect(seen).toEqual({ text: lines, mode: 0o600, folder: 0o700 });
    expect(left()).toEqual([]);
  });

  test('is taken away when the helper fails', async () => {
    const failing = credentials.with(login, () => Promise.reject(new Error('killed')));
    await expect(failing).rejects.toThrow('killed');
    expect(left()).toEqual([]);
  });

  test('of two at a time each has its own, and one that an earlier life left behind is cleared away', async () => {
    const [one, other] = await Promise.all([
      credentials.with(login, async file => [file, await text(file)]),
      credentials.with({ ...login, user: 'eve' }, async file => [file, await text(file)]),
    ]);
    expect(one[0]).not.toBe(other[0]);
    expect(other[1]).toContain('username=eve');
    writeFileSync(folder('secrets/left'), 'password=x');
    credentials.clear();
    expect(existsSync(folder('secrets'))).toBe(false);
    await credentials.with(login, text);
  });

  test('may stand in a file of the host, which is read anew every time', async () => {
    mkdirSync(folder('source/team'), { recursive: true });
    for (const password of ['one', 'two']) {
      writeFileSync(folder('source/team/nas'), `username=bob\npassword=${password}\n`);
      expect(await credentials.with({ file: 'team/nas' }, text)).toBe(`username=bob\npassword=${password}\n`);
    }
  });

  test('may stand in the one file that the mount is', async () => {
    writeFileSync(folder('source'), 'username=bob\npassword=hunter2\n');
    expect(await credentials.with({ file: '.' }, text)).toBe('username=bob\npassword=hunter2\n');
  });

  const isFile = () => writeFileSync(folder('source'), 'username=bob\npassword=hunter2\n');
  const isFolder = () => mkdirSync(folder('source'));
  test.each<[string, () => void, string, RegExp]>([
    ['a mount that is not set', () => {}, 'nas', /cannot be read: .* is not set: set credentials\.source/],
    ['a mount that is not set', () => {}, '.', /is not set: set credentials\.source/],
    ['a file where a folder was meant', isFile, 'nas', /is one file: its name here is "\."/],
    ['a folder where a file was meant', isFolder, '.', /is a folder: name a file in it/],
    ['a file that is missing', isFolder, 'nas', /no such file or folder; it is looked for in the folder/],
    [
      'a fifo in its place',
      () => {
        isFolder();
        execFileSync('mkfifo', [folder('source/nas')]);
      },
      'nas',
      /it is not a file/,
    ],
    [
      'a file with something else in it',
      () => {
        isFolder();
        writeFileSync(folder('source/nas'), 'hunter2\n');
      },
      'nas',
      /"nas" has a line 1 that is not username/,
    ],
  ])('%s is said in words, and nothing is run', async (_, prepare, file, says) => {
    prepare();
    let ran = false;
    const refused = credentials.with({ file }, () => {
      ran = true;
      return Promise.resolve();
    });
    const message = await refused.then(
      () => 'done',
      (error: unknown) => String(error),
    );
    expect(message).toMatch(says);
    expect(message).not.toContain('hunter2');
    expect([ran, left()]).toEqual([false, []]);
  });

  test('a device where the mount should be is not read', async () => {
    const unset = new Credentials({ folder: folder('secrets'), source: '/dev/null' });
    await expect(unset.with({ file: '.' }, text)).rejects.toThrow(/not a file; the mount "credentials" is not set/);
    await expect(unset.with({ file: 'nas' }, text)).rejects.toThrow(/the mount "credentials" is not set/);
  });
});
