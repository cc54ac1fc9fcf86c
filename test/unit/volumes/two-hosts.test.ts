import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';
import type { PluginHost } from '../../fakes/plugin-host.ts';
import {
  dataInTrash,
  folder,
  host,
  type More,
  none,
  share,
  signNamesNow,
  signs,
  trash,
  usersIn,
  withVolume,
} from './hosts-on-one-share.ts';

describe('a volume that one host has mounted', () => {
  test('cannot be removed by another, which says who has it, how often and since when', async () => {
    const alpha = await withVolume();
    const beta = host('beta');
    await alpha.volumes.mount('db@disk', 'first');
    await eventually('alpha has shown itself', () => readdirSync(join(share, '.nfs-shared/hosts')).length > 0);
    const today = new Date().toISOString().slice(0, 10);
    expect(await usersIn(beta.volumes.remove('db@disk'))).toMatch(
      new RegExp(`host "alpha" \\(1 container, since ${today}T[0-9:.]+Z\\)`),
    );
    expect(await beta.volumes.get('db@disk')).toMatchObject({
      status: { state: 'ok', otherHosts: [expect.stringMatching(/^host "alpha"/)] },
    });
    expect(await alpha.volumes.get('db@disk')).toMatchObject({ status: { otherHosts: [] } });
    expect(signs()).toEqual(['attached']);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('can be removed by another as soon as the last container has let it go', async () => {
    const alpha = await withVolume();
    const beta = host('beta');
    await alpha.volumes.mount('db@disk', 'first');
    await alpha.volumes.mount('db@disk', 'second');
    alpha.volumes.unmount('db@disk', 'first');
    await usersIn(beta.volumes.remove('db@disk'));
    alpha.volumes.unmount('db@disk', 'second');
    await beta.volumes.remove('db@disk');
    expect(dataInTrash()).toBe('data');
    expect(signs()).toEqual([]);
  });

  test('cannot be removed by another while containers of a crashed plugin run on', async () => {
    const alpha = await withVolume();
    await alpha.volumes.mount('db@disk', 'first');
    alpha.stop();
    await usersIn(host('beta').volumes.remove('db@disk'));
  });

  test('by a plugin that has crashed is free again when that is back and finds no container with it', async () => {
    const alpha = await withVolume();
    await alpha.volumes.mount('db@disk', 'first');
    const [before] = signNamesNow();
    alpha.stop();
    expect(signNamesNow()).toEqual([before]);
    const beta = host('beta');
    await host('alpha').volumes.get('db@disk');
    await eventually('its sign was taken away', () => signNamesNow().length === 0);
    await beta.volumes.remove('db@disk');
    expect(dataInTrash()).toBe('data');
  });

  test('stays attached when the crashed plugin is back and a container is started at that moment', async () => {
    const alpha = await withVolume();
    await alpha.volumes.mount('db@disk', 'first');
    alpha.stop();
    await host('alpha').volumes.mount('db@disk', 'second');
    await sleep(1500);
    expect(signs()).toEqual(['attached']);
    await usersIn(host('beta').volumes.remove('db@disk'));
  }, 15_000);
});

describe('a volume that another host is making', () => {
  test('is mounted when it is whole by the time, although its folder was not there yet at the first look', async () => {
    const making = new FaultyFiles();
    const mounting = new FaultyFiles();
    const alpha = host('alpha', { fileWork: making.over });
    const beta = host('beta', { fileWork: mounting.over });
    making.faults = [{ operation: 'makeFolder', path: /^db$/, hang: true }];
    mounting.faults = [{ operation: 'makeSign', path: /attached/, hang: true }];
    const made = alpha.volumes.create('db@disk', none);
    await eventually('the record is there', () => making.hanging === 1);
    const mounted = beta.volumes.mount('db@disk', 'id');
    await eventually('the folder was looked at', () => mounting.hanging === 1);
    making.letGo();
    await made;
    mounting.letGo();
    expect(existsSync(await mounted)).toBe(true);
  });
});

describe('a Mount that fails leaves no sign', () => {
  test.each([
    ['its sign cannot be put', { operation: 'makeSign', errno: 'EACCES' }],
    ['the answer to its sign is lost', { operation: 'list', path: /attachments/, errno: 'EIO' }],
    ['the record cannot be read again', { operation: 'readText', path: /volumes\/db/, nth: 2, errno: 'EACCES' }],
  ] as const)('when %s', async (_, fault) => {
    const faulty = new FaultyFiles();
    const alpha = await withVolume({ fileWork: faulty.over });
    faulty.faults = [fault];
    await expect(alpha.volumes.mount('db@disk', 'first')).rejects.toThrow();
    faulty.faults = [];
    await eventually('no sign is left', () => signs().length === 0);
    await host('beta').volumes.remove('db@disk');
    expect(dataInTrash()).toBe('data');
  });

  test('when the share is full it succeeds, without a sign where none can be made, and says so in the log', async () => {
    const faulty = new FaultyFiles();
    const alpha = await withVolume({ fileWork: faulty.over });
    faulty.faults = [{ operation: 'makeSign', errno: 'ENOSPC' }];
    await alpha.volumes.mount('db@disk', 'first');
    expect(alpha.logged.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/has no room to tell/));
  });

  test('when the share is full and somebody else is removing the volume: then it is refused all the same', async () => {
    const faulty = new FaultyFiles();
    const gammaFiles = new FaultyFiles();
    const alpha = await withVolume({ fileWork: faulty.over });
    gammaFiles.faults = [{ operation: 'rename', errno: 'EBUSY' }];
    await expect(host('gamma', { fileWork: gammaFiles.over }).volumes.remove('db@disk')).rejects.toThrow();
    faulty.faults = [{ operation: 'makeSign', errno: 'ENOSPC' }];
    await expect(alpha.volumes.mount('db@disk', 'first')).rejects.toMatchObject({
      code: 'BeingRemoved',
      fields: { by: 'gamma' },
    });
  });
});

describe('a removal that another host has left in the middle', () => {
  let later: number;
  const clock = () => performance.now() + later;
  beforeEach(() => {
    later = 0;
  });
  async function cutShort(path: RegExp | undefined): Promise<PluginHost> {
    const faulty = new FaultyFiles();
    const alpha = await withVolume({ fileWork: faulty.over });
    faulty.faults = [{ operation: 'rename', errno: 'EBUSY', ...(path === undefined ? {} : { path }) }];
    await expect(alpha.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'StorageFailed' });
    return alpha;
  }

  test('before anything was moved keeps the volume from being mounted for a minute, then it is there again', async () => {
    await cutShort(undefined);
    const beta = host('beta', { clock });
    const refused = { code: 'BeingRemoved', fields: { by: 'alpha' } };
    await expect(beta.volumes.mount('db@disk', 'x')).rejects.toMatchObject(refused);
    later = 59_000;
    await expect(beta.volumes.mount('db@disk', 'x')).rejects.toMatchObject(refused);
    later = 70_000;
    await beta.volumes.mount('db@disk', 'x');
    expect(signs()).toEqual(['attached']);
    expect(trash()).toEqual([]);
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('after its first move is carried to its end, and the volume is said to be gone', async () => {
    await cutShort(/db\.json$/);
    const beta = host('beta', { clock });
    await expect(beta.volumes.mount('db@disk', 'x')).rejects.toMatchObject({ code: 'BeingRemoved' });
    later = 70_000;
    await expect(beta.volumes.mount('db@disk', 'x')).rejects.toMatchObject({ code: 'NoSuchVolume' });
    expect(trash()).toEqual([expect.stringMatching(/^\d{8}T\d{9}Z-.*-db$/)]);
    expect(dataInTrash()).toBe('data');
    await beta.volumes.create('db@disk', none);
    expect(readdirSync(join(share, 'db'))).toEqual([]);
  });

  test('by this host itself is no reason to wait', async () => {
    const alpha = await cutShort(undefined);
    alpha.stop();
    await host('alpha').volumes.mount('db@disk', 'x');
    expect(signs()).toEqual(['attached']);
  });

  test('is finished by the Remove of another host without waiting', async () => {
    await cutShort(/db\.json$/);
    await host('beta').volumes.remove('db@disk');
    expect(dataInTrash()).toBe('data');
    expect(signs()).toEqual([]);
  });
});

describe('while a host has a volume', () => {
  test('its sign is put again when somebody has taken it away', async () => {
    const alpha = await withVolume({ beatMs: 50 });
    await alpha.volumes.mount('db@disk', 'first');
    const [name = ''] = signNamesNow();
    rmSync(join(share, '.nfs-shared/attachments/db'), { recursive: true });
    await eventually('it is there again', () => signNamesNow().includes(name));
    alpha.volumes.unmount('db@disk', 'first');
    await eventually('it went with the last use', () => signs().length === 0);
    await sleep(300);
    expect(signs()).toEqual([]);
  });

  test('and lets it go while its missing sign is being put again, none stays', async () => {
    const faulty = new FaultyFiles();
    const alpha = await withVolume({ beatMs: 50, fileWork: faulty.over });
    await alpha.volumes.mount('db@disk', 'first');
    faulty.faults = [{ operation: 'makeSign', path: /attached/, hang: true }];
    rmSync(join(share, '.nfs-shared/attachments/db'), { recursive: true });
    await eventually('it is being put again', () => faulty.hanging === 1);
    alpha.volumes.unmount('db@disk', 'first');
    await eventually('it was taken away', () =>
      faulty.calls.some(({ operation, path }) => operation === 'removeFile' && path.includes('attached')),
    );
    faulty.letGo();
    await sleep(300);
    await eventually('no sign is left', () => signs().length === 0);
  });

  test('that was removed all the same it says so, and puts no sign', async () => {
    const alpha = await withVolume({ beatMs: 50 });
    await alpha.volumes.mount('db@disk', 'first');
    rmSync(join(share, '.nfs-shared/attachments/db'), { recursive: true });
    rmSync(join(share, '.nfs-shared/volumes/db.json'));
    await eventually('it was said', () => alpha.logged.some(({ msg }) => /in use here has been removed/.test(msg)));
    expect(signs()).toEqual([]);
  });
});

describe('two hosts of which one is a copy of the other', () => {
  async function copied(more: More = {}): Promise<[PluginHost, PluginHost]> {
    host('alpha').stop();
    mkdirSync(join(folder, 'copy/mnt/.nfs-shared'), { recursive: true });
    cpSync(join(folder, 'alpha/mnt/.nfs-shared/host.json'), join(folder, 'copy/mnt/.nfs-shared/host.json'));
    const alpha = await withVolume({ beatMs: 50, ...more });
    return [alpha, host('copy', { beatMs: 50, ...more })];
  }

  test('are found out when both hold a volume, and neither removes any', async () => {
    const [alpha, copy] = await copied();
    for (const each of [alpha, copy]) await each.volumes.mount('db@disk', randomUUID());
    const isFound = (each: PluginHost) => each.logged.some(({ msg }) => /has the same host id/.test(msg));
    await eventually('both have found out', () => isFound(alpha) && isFound(copy));
    await alpha.volumes.create('other@disk', none);
    await expect(alpha.volumes.remove('other@disk')).rejects.toMatchObject({
      code: 'HostIdShared',
      fields: { other: 'copy' },
    });
    await expect(copy.volumes.remove('other@disk')).rejects.toMatchObject({ code: 'HostIdShared' });
  });

  test('do not remove what the other one has mounted, also when they hold nothing themselves', async () => {
    const [alpha, copy] = await copied();
    await alpha.volumes.mount('db@disk', 'first');
    await eventually('alpha has shown itself', () => readdirSync(join(share, '.nfs-shared/hosts')).length > 0);
    await expect(copy.volumes.remove('db@disk')).rejects.toMatchObject({
      code: 'HostIdShared',
      fields: { other: 'alpha' },
    });
    expect(readFileSync(join(share, 'db', 'data'), 'utf8')).toBe('data');
  });

  test('are not seen in one host that was started anew with two shares', async () => {
    const second = join(folder, 'second');
    mkdirSync(second);
    const remoteDirs = { disk: { type: 'local', path: share }, second: { type: 'local', path: second } };
    const alpha = await withVolume({ beatMs: 50, remoteDirs });
    await alpha.volumes.create('db@second', none);
    for (const name of ['db@disk', 'db@second']) await alpha.volumes.mount(name, 'first');
    await sleep(400);
    alpha.stop();
    const anew = host('alpha', { beatMs: 50, remoteDirs });
    for (const name of ['db@disk', 'db@second']) await anew.volumes.mount(name, 'second');
    await sleep(600);
    expect(anew.logged.filter(({ msg }) => /same host id/.test(msg))).toEqual([]);
    anew.volumes.unmount('db@disk', 'second');
    await anew.volumes.remove('db@disk');
    expect(dataInTrash()).toBe('data');
  });
});
