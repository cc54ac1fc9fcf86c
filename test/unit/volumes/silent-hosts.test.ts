import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import { dataInTrash, host, type More, none, share, signs, trash, usersIn, withVolume } from './hosts-on-one-share.ts';

describe('a host that gives no sign of life', () => {
  // A hundred times as fast as the wall clock: a minute takes 0.6 s.
  const clock = () => performance.now() * 100;
  const quick = { clock, beatMs: 50 };
  const hours = (name: string) => {
    const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(name) ?? [];
    return (Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) - Date.now()) / 3600_000;
  };
  async function died(more: More = {}): Promise<void> {
    const alpha = await withVolume({ beatMs: 50, ...more }, { 'on-remove': 'delete' });
    await alpha.volumes.mount('db@disk', 'first');
    await eventually('alpha has shown itself', () => readdirSync(join(share, '.nfs-shared/hosts')).length > 0);
    alpha.stop();
  }

  test('keeps its volumes until it is taken for dead; then they go, and are kept for a day although nothing was to be kept', async () => {
    await died();
    const beta = host('beta', { ...quick, deadAfter: 500 });
    expect(await usersIn(beta.volumes.remove('db@disk'))).toContain('host "alpha"');
    for (let tries = 0; trash().length === 0 && tries < 10; tries += 1)
      await beta.volumes.remove('db@disk').catch(() => sleep(500));
    expect(dataInTrash()).toBe('data');
    expect(hours(trash()[0] ?? '')).toBeGreaterThan(23.9);
    expect(signs()).toEqual([]);
  }, 60_000);

  test('is shown as silent before that', async () => {
    await died();
    const beta = host('beta', { ...quick, deadAfter: 24 * 3600 });
    const silent = /alpha.*no sign of life for \d+ s/;
    // A host that did not get to look for a while begins to count anew, and at this pace that is soon.
    const until = async (ask: () => Promise<string>) => {
      let said = '';
      for (let tries = 0; tries < 60 && !silent.test(said); tries += 1) {
        said = await ask();
        await sleep(200);
      }
      return said;
    };
    expect(await until(async () => JSON.stringify((await beta.volumes.get('db@disk'))?.status))).toMatch(silent);
    expect(await until(() => usersIn(beta.volumes.remove('db@disk')))).toMatch(silent);
  }, 60_000);

  test('but lives keeps its volumes, however soon the others would take it for dead', async () => {
    const alpha = await withVolume({ beatMs: 50 });
    await alpha.volumes.mount('db@disk', 'first');
    const beta = host('beta', { clock: () => performance.now() * 40, beatMs: 50, deadAfter: 0 });
    for (let tries = 0; tries < 2; tries += 1) await usersIn(beta.volumes.remove('db@disk'));
  }, 30_000);

  test('keeps them a day in trash also when the removal was cut short and a third host has carried it to its end', async () => {
    await died();
    const faulty = new FaultyFiles();
    const beta = host('beta', { ...quick, deadAfter: 240, fileWork: faulty.over });
    faulty.faults = [{ operation: 'rename', path: /db\.json$/, errno: 'EBUSY' }];
    for (let tries = 0; existsSync(join(share, 'db')) && tries < 10; tries += 1)
      await beta.volumes.remove('db@disk').catch(() => sleep(500));
    beta.stop();
    let later = 0;
    const gamma = host('gamma', { clock: () => performance.now() + later });
    await expect(gamma.volumes.create('db@disk', none)).rejects.toMatchObject({ code: 'BeingRemoved' });
    later = 70_000;
    await gamma.volumes.create('db@disk', none);
    expect(dataInTrash()).toBe('data');
    expect(hours(trash()[0] ?? '')).toBeGreaterThan(23.9);
  }, 60_000);
});
