import { afterEach, describe, expect, test } from '@jest/globals';
import type { HelperMount } from '../../../src/mounts/mount-plan.ts';
import type { TryPlan } from '../../../src/mounts/mounter.ts';
import { explainSmb } from '../../../src/remotes/explain-smb.ts';
import { errorNumber, smbPartsOf } from '../../../src/remotes/smb-mount-words.ts';
import type { CommandResult } from '../../../src/system/run-command.ts';
import { Secret } from '../../../src/system/secret.ts';
import { type FakeSmbServer, startSmbServer } from '../../fakes/smb-server.ts';

const running: FakeSmbServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
});
async function serve(speaks: readonly number[]): Promise<number> {
  const server = await startSmbServer({ speaks });
  running.push(server);
  return server.port;
}

const ended = (more: Partial<CommandResult>): CommandResult => ({
  ok: false,
  exitCode: 32,
  timedOut: false,
  startError: undefined,
  stdout: '',
  stderr: '',
  ...more,
});
const said = (number: number, words: string) =>
  ended({
    stderr: `mount error(${number}): ${words}\nRefer to the mount.cifs(8) manual page (e.g. man mount.cifs) and kernel log messages (dmesg)`,
  });
const plan = (more: Partial<HelperMount> = {}, ...options: readonly string[]): HelperMount => ({
  kind: 'helper',
  helper: 'mount.cifs',
  source: '//127.0.0.1/share',
  options: ['uid=0', ...options],
  login: { user: 'bob', password: new Secret('hunter2') },
  fsTypes: ['cifs'],
  ...more,
});
const noTry: TryPlan = () => Promise.reject(new Error('nothing was to be tried'));
const wordsOf = async (asked: HelperMount, result: CommandResult, tryPlan = noTry) => {
  const reason = await explainSmb(asked, result, tryPlan);
  return typeof reason === 'string' ? reason : `${reason.code}: ${reason.message}`;
};

describe('why an SMB mount failed', () => {
  test.each([
    [
      said(13, 'Permission denied'),
      /^LoginRefused: .* does not let user "bob" in: user name, password or domain is wrong/,
    ],
    [
      said(127, 'Key has expired'),
      /^LoginRefused: .*the password or the account of user "bob" has expired or is locked/,
    ],
    [said(22, 'Invalid argument'), /does not know one of the mount options/],
    [said(19, 'No such device'), /kernel has no SMB client; load it with modprobe cifs/],
    [ended({ stderr: 'mount error: cifs filesystem not supported by the system' }), /kernel has no SMB client/],
    [ended({ stderr: 'Unable to apply new capability set.' }), /CAP_DAC_READ_SEARCH/],
    [ended({ stderr: 'mount error: could not resolve address for nas: Unknown error' }), /cannot be resolved/],
    [
      ended({ stderr: 'mount error(111): could not connect to 10.0.0.5Unable to find suitable address.' }),
      /refused the connection on port 445/,
    ],
    [
      ended({ stderr: 'mount error(113): could not connect to 10.0.0.5Unable to find suitable address.' }),
      /cannot reach 127\.0\.0\.1 port 445/,
    ],
    [said(112, 'Host is down'), /stopped answering on port 445/],
    [said(5, 'Input/output error'), /^mount error\(5\): Input\/output error$/],
    [ended({ timedOut: true }), /did not end in time/],
    [ended({}), /failed without saying why/],
  ])('%j reads %s', async (result, says) => {
    expect(await wordsOf(plan(), result)).toMatch(says);
  });

  test('whose login it was is said: of a file its name, of a guest that', async () => {
    const refused = said(13, 'Permission denied');
    const login = { file: 'team/nas' };
    expect(await wordsOf(plan({ login }), refused)).toContain(
      'does not let the user in the credentials file "team/nas" in',
    );
    const { login: _, ...guest } = plan();
    expect(await wordsOf(guest, refused)).toContain('does not let guests in');
  });

  test('a version that the server has not is named, with the best it has', async () => {
    const port = await serve([0x0210]);
    const refused = said(95, 'Operation not supported');
    expect(await wordsOf(plan({}, `port=${port}`, 'vers=3.1.1'), refused)).toBe(
      'VersionRefused: //127.0.0.1/share cannot be mounted: 127.0.0.1 does not speak SMB 3.1.1, which the mount options ask for (the best it offers is 2.1); change them, or leave vers out',
    );
    expect(await wordsOf(plan({}, `port=${port}`, 'seal'), refused)).toMatch(
      /does not speak SMB 3 with encryption \(seal\)/,
    );
    expect(await wordsOf(plan({}, `port=${port}`), refused)).toMatch(/no version of SMB in common/);
  });

  const missing = said(2, 'No such file or directory');
  test('a share that is not there is told from a folder that is not in it', async () => {
    const tried: string[] = [];
    const isThere =
      (...sources: readonly string[]): TryPlan =>
      ({ source }) => {
        tried.push(source);
        return Promise.resolve(sources.includes(source) ? ended({ ok: true }) : missing);
      };
    const port = `port=${await serve([0x0210])}`;
    expect(await wordsOf(plan({}, port), missing, isThere())).toMatch(
      /^ShareMissing: .*lets us in but has no share "share"$/,
    );
    expect(tried).toEqual([]);
    const deep = plan({ source: '//127.0.0.1/share/a/b' }, port);
    expect(await wordsOf(deep, missing, isThere())).toMatch(/has no share "share"$/);
    expect(await wordsOf(deep, missing, isThere('//127.0.0.1/share'))).toMatch(
      /has the share "share" but no folder "a\/b" in it$/,
    );
    expect(tried).toEqual(['//127.0.0.1/share', '//127.0.0.1/share']);
  });

  test('a cipher that the kernel lacks is blamed only when the share can be had without it', async () => {
    const port = `port=${await serve([0x0311])}`;
    const tried: string[][] = [];
    const trying =
      (result: CommandResult): TryPlan =>
      ({ options }) => {
        tried.push([...options]);
        return Promise.resolve(result);
      };
    // This machine's kernel has most likely not used them all; where it has, nothing can be missing.
    const lacks = await wordsOf(plan({}, port, 'vers=3.1.1', 'seal'), missing, trying(ended({ ok: true })));
    if (tried.length === 0) return expect(lacks).toMatch(/^ShareMissing/);
    expect(lacks).toMatch(/^CryptoMissing: .*this host's kernel lacks .*(gcm|cmac)\(aes\).*which SMB 3 needs/);
    expect(tried).toEqual([['vers=2.1', 'uid=0', port]]);
    expect(await wordsOf(plan({}, port, 'vers=3.1.1'), missing, trying(missing))).toMatch(/^ShareMissing/);
  });

  test('nothing of it shows a password', async () => {
    for (const number of [1, 2, 5, 13, 22, 95, 112, 127])
      expect(await wordsOf(plan(), said(number, 'no'), () => Promise.resolve(missing))).not.toContain('hunter2');
  });
});

test('a source is taken apart, and its options with it', () => {
  expect(smbPartsOf(plan({ source: '//fd00::5/my share/a/b' }, 'port=4450', 'vers=3.0'))).toEqual({
    host: 'fd00::5',
    share: 'my share',
    folder: 'a/b',
    port: 4450,
    asked: '3.0',
  });
  expect(smbPartsOf(plan({}, 'vers=default'))).toMatchObject({ folder: '', port: 445, asked: undefined });
  expect(errorNumber('mount error: no number')).toBeUndefined();
});
