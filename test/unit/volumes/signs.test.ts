import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fileWork } from '../../../src/system/file-work.ts';
import { newRecord } from '../../../src/volumes/record.ts';
import {
  listSigns,
  putSign,
  readSign,
  refuseIfLeaving,
  removeSignFolder,
  signNames,
  takeSigns,
} from '../../../src/volumes/signs.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';

let root: string;
let faulty: FaultyFiles;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signs-'));
  mkdirSync(join(root, '.nfs-shared/attachments'), { recursive: true });
  faulty = new FaultyFiles();
});
afterEach(() => rmSync(root, { recursive: true }));

const files = () => faulty.over(root);
const at = (...names: string[]) => join(root, '.nfs-shared/attachments', ...names);
const text = { host: { id: randomUUID(), name: 'alpha' }, since: '2026-11-21T09:30:00.000Z' };
const [hostId, recordId, token] = [randomUUID(), randomUUID(), randomUUID()];
const none = { attached: [], creating: [], removing: [] };

describe('what is said about a volume', () => {
  test('is read from the names alone, each with what it is about', async () => {
    for (const name of [
      signNames.attached(hostId, token),
      signNames.creating(recordId),
      signNames.removing(recordId, token),
    ])
      await putSign(files(), 'db', name, text);
    expect(await listSigns(files(), 'db')).toEqual({
      attached: [{ name: `attached.${hostId}.${token}`, id: hostId }],
      creating: [{ name: `creating.${recordId}`, id: recordId }],
      removing: [{ name: `removing.${recordId}.${token}`, id: recordId }],
    });
  });

  test('is nothing where there are only names that are not understood', async () => {
    mkdirSync(at('db'));
    const names = [
      'attached',
      `attached.${hostId}`,
      `attached.${hostId}.${token}.tmp`,
      `attached.alpha.${token}`,
      `.nfs0000001`,
      `xattached.${hostId}.${token}`,
      `creating.${recordId}.${token}`,
      `removing.${recordId}`,
      `ATTACHED.${hostId}.${token}`,
      `later.${hostId}.${token}`,
      `attached.${hostId}.${token}\n`,
    ];
    for (const name of names) writeFileSync(at('db', name), '');
    expect(await listSigns(files(), 'db')).toEqual(none);
  });

  test('is nothing where nobody has ever said anything', async () => {
    expect(await listSigns(files(), 'db')).toEqual(none);
    expect(existsSync(at('db'))).toBe(false);
  });

  test('is an error, and not nothing, when it cannot be read', async () => {
    await putSign(files(), 'db', signNames.attached(hostId, token), text);
    faulty.faults = [{ operation: 'list', errno: 'EACCES' }];
    await expect(listSigns(files(), 'db')).rejects.toMatchObject({ code: 'EACCES' });
  });
});

describe('a sign', () => {
  const name = signNames.attached(hostId, token);

  test('has its folder made when there is none, also when that goes away in between', async () => {
    const real = fileWork(root);
    let made = 0;
    const makeFolder = async (path: string, mode: number) => {
      const result = await real.makeFolder(path, mode);
      made += 1;
      if (made < 3) await real.removeEmptyFolder(path);
      return result;
    };
    await putSign({ ...real, makeFolder }, 'db', name, text);
    expect(made).toBe(3);
    expect(readdirSync(at('db'))).toEqual([name]);
  });

  test('is not tried for ever where no folder stays', async () => {
    faulty.faults = [{ operation: 'makeSign', errno: 'ENOENT' }];
    await expect(putSign(files(), 'db', name, text)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('counts when somebody has emptied it: only whose it is is not known then', async () => {
    await putSign(files(), 'db', name, text);
    expect(await readSign(files(), 'db', name)).toEqual(text);
    for (const broken of ['', '{', 'null', '[]', '{"host":"alpha"}', '{"host":{"name":1},"since":"x"}']) {
      writeFileSync(at('db', name), broken);
      expect(await readSign(files(), 'db', name)).toBeUndefined();
      expect((await listSigns(files(), 'db')).attached).toEqual([{ name, id: hostId }]);
    }
  });

  test('is put on a full disk, empty', async () => {
    const disk = at();
    execFileSync('/bin/mount', ['-n', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    try {
      mkdirSync(at('db'));
      expect(() => writeFileSync(at('db', 'fill'), Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
      await putSign(files(), 'db', name, text);
      expect(readFileSync(at('db', name), 'utf8')).toBe('');
      expect((await listSigns(files(), 'db')).attached).toEqual([{ name, id: hostId }]);
    } finally {
      execFileSync('/bin/umount', ['-l', disk]);
    }
  });

  test('is taken away by its whole name and no other, and one that is not there is no error', async () => {
    const other = signNames.attached(hostId, randomUUID());
    await putSign(files(), 'db', other, text);
    await takeSigns(files(), 'db', [name]);
    expect(readdirSync(at('db'))).toEqual([other]);
    await removeSignFolder(files(), 'db');
    expect(readdirSync(at('db'))).toEqual([other]);
    await takeSigns(files(), 'db', [other]);
    await removeSignFolder(files(), 'db');
    expect(existsSync(at('db'))).toBe(false);
  });
});

describe('nothing is begun with a volume that is being removed', () => {
  const record = newRecord('db', { options: {}, host: text.host, now: () => new Date(), newId: () => recordId }, false);
  const refusal = async () => await refuseIfLeaving(files(), record, await listSigns(files(), 'db'));

  test('by whom and since when is said', async () => {
    await putSign(files(), 'db', signNames.removing(recordId, token), text);
    await expect(refusal()).rejects.toMatchObject({
      code: 'BeingRemoved',
      fields: { by: 'alpha', since: text.since },
    });
  });

  test('and the removal of an earlier volume of that name is none of it', async () => {
    await putSign(files(), 'db', signNames.removing(randomUUID(), token), text);
    await expect(refusal()).resolves.toBeUndefined();
  });
});
