import { existsSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { pluginName } from './template.ts';
import { useStage } from './use-stage.ts';

const stage = useStage();

describe('making volumes', () => {
  test('a volume I create is a folder on the share and is listed', async () => {
    expect(await stage.create('first@disk')).toBe('first@disk');

    expect(statSync(stage.share('disk', 'first')).isDirectory()).toBe(true);
    expect(await stage.volumes()).toContain('first@disk');
  });

  test('inspect says where the volume is and that all is well', async () => {
    await stage.create('seen@disk');

    const view = await stage.inspect('seen@disk');
    expect(view.Driver).toBe(pluginName);
    expect(view.Mountpoint).toBe('/mnt/vmdk/disk/seen');
    expect(Math.abs(Date.now() - Date.parse(view.CreatedAt))).toBeLessThan(10 * 60_000);
    expect(view.Status['state']).toBe('ok');
  });

  test('the same name on another remote dir is another volume', async () => {
    await stage.create('twin@disk');
    await stage.create('twin@second');
    await stage.run(['-v', 'twin@disk:/x'], 'echo one > /x/which');

    expect(readdirSync(stage.share('disk/twin'))).toEqual(['which']);
    expect(readdirSync(stage.share('second/volumes/twin'))).toEqual([]);
  });

  test('creating a volume that exists changes nothing and succeeds', async () => {
    await stage.create('again@disk');
    await stage.run(['-v', 'again@disk:/x'], 'echo kept > /x/file');
    await stage.create('again@disk');

    expect(await stage.run(['-v', 'again@disk:/x'], 'cat /x/file')).toBe('kept');
  });

  test('a volume of ours cannot be made again by another driver', async () => {
    await stage.create('ours@disk');

    const refusal = await stage.docker.fails('volume', 'create', '--driver', 'local', 'ours@disk');
    expect(refusal).toMatch(/already has volume|must be unique/);
    expect(await stage.volumes()).toContain('ours@disk');
  });

  test('a remote dir that does not exist is refused with the ones that do', async () => {
    expect(await stage.createFails('v@dsik')).toMatch(/no remote dir "dsik".*"disk".*"second"/);
  });

  test('a name without a remote dir is refused when there are several', async () => {
    expect(await stage.createFails('nowhere')).toMatch(/NAME@LABEL.*"disk".*"second"/);
  });

  test('a volume that is not there can neither be inspected nor removed', async () => {
    expect(await stage.docker.fails('volume', 'inspect', 'missing@disk')).toMatch(/no such volume/i);
    expect(await stage.docker.fails('volume', 'rm', 'missing@disk')).toMatch(/no such volume/i);
  });

  test('pruning and disk usage leave our volumes alone', async () => {
    await stage.create('unused@disk');
    await stage.docker('volume', 'prune', '--force');
    await stage.docker('system', 'df');

    expect(await stage.volumes()).toContain('unused@disk');
    expect(existsSync(stage.share('disk/unused'))).toBe(true);
  });
});

describe('options of a volume', () => {
  test('an option that does not exist is refused with the one that was meant', async () => {
    expect(await stage.createFails('typo@disk', { mdoe: '0750' })).toMatch(/no option "mdoe".*did you mean "mode"/);
    expect(existsSync(stage.share('disk/typo'))).toBe(false);
  });

  test.each([
    ['mode', '9999'],
    ['uid', 'post;gres'],
    ['access', 'sometimes'],
  ])('the option %s cannot be %s', async (option, value) => {
    const refusal = await stage.createFails('wrong@disk', { [option]: value });

    expect(refusal).toContain(`option "${option}" is "${value}", expected`);
    expect(existsSync(stage.share('disk/wrong'))).toBe(false);
  });

  test('owner and mode are what I asked for, on the share and in the container', async () => {
    await stage.create('owned@disk', { uid: '999', gid: '998', mode: '0750' });

    expect(await stage.run(['-v', 'owned@disk:/x'], 'stat -c "%u %g %a" /x')).toBe('999 998 750');
    const { uid, gid, mode } = statSync(stage.share('disk/owned'));
    expect([uid, gid, mode & 0o7777]).toEqual([999, 998, 0o750]);
    expect(await stage.run(['--user', '999', '-v', 'owned@disk:/x'], 'echo mine > /x/f && cat /x/f')).toBe('mine');
    expect(await stage.runFails(['--user', '1234', '-v', 'owned@disk:/x'], 'ls /x')).toMatch(/permission denied/i);
  });

  test('new options for a volume that exists change nothing, and inspect shows those in force', async () => {
    await stage.create('fixed@disk', { mode: '0750' });
    // Docker asks whether the volume exists and stops there: the second set of options never reaches a plugin.
    await stage.create('fixed@disk', { mode: '0777' });

    expect(statSync(stage.share('disk/fixed')).mode & 0o7777).toBe(0o750);
    const direct = await stage.plugin.call('Create', JSON.stringify({ Name: 'fixed@disk', Opts: { mode: '0777' } }));
    expect(direct.body).toEqual({ Err: expect.stringMatching(/other options: mode is "0750", asked for "0777"/) });
    expect(JSON.stringify((await stage.inspect('fixed@disk')).Status)).toContain('0750');
  });
});
