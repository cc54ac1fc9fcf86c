import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isStandIn, makeStandIn, ShareIds } from '../../../src/remotes/share-ids.ts';

let folder: string;
const log = { error: () => {} };
const file = () => join(folder, 'state', 'shares.json');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'share-ids-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was seen behind a label is known after a restart, to root alone', () => {
  const ids = new ShareIds(file(), log);
  expect(ids.known('nas')).toBeUndefined();
  ids.remember('nas', 'id-1');
  ids.remember('other', 'id-2');
  ids.remember('renamed', 'id-1');
  const again = new ShareIds(file(), log);
  expect(again.known('nas')).toBe('id-1');
  expect(again.labelsOf('id-1')).toEqual(['nas', 'renamed']);
  expect(again.labels()).toEqual(['nas', 'other', 'renamed']);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test('nothing is written for what is known already', () => {
  const ids = new ShareIds(file(), log);
  ids.remember('nas', 'id-1');
  const { ino } = statSync(file());
  ids.remember('nas', 'id-1');
  expect(statSync(file()).ino).toBe(ino);
});

test('a share without an id goes by another name, and whoever keeps something under it is told before it gets one', () => {
  const ids = new ShareIds(file(), log);
  const standIn = makeStandIn();
  ids.remember('nas', standIn);
  ids.remember('other', 'id-2');
  expect([isStandIn(standIn), isStandIn('id-2')]).toEqual([true, false]);
  expect([ids.known('nas'), ids.ownId('nas'), ids.ownId('other')]).toEqual([standIn, undefined, 'id-2']);
  const told: unknown[] = [];
  ids.whenNamed((before, after) => told.push([before, after, ids.known('nas')]));
  ids.remember('nas', 'id-1');
  ids.remember('other', 'id-3');
  expect(told).toEqual([[standIn, 'id-1', standIn]]);
  expect(ids.ownId('nas')).toBe('id-1');
});

test('what cannot be written down is told as a fault of this host and is not believed to be known', () => {
  const ids = new ShareIds(file(), log);
  ids.remember('nas', 'id-1');
  const before = readFileSync(file(), 'utf8');
  rmSync(file());
  mkdirSync(file());
  expect(() => ids.remember('other', 'id-2')).toThrow(/this host's own memory ".*shares\.json" cannot be written/);
  expect(ids.known('other')).toBeUndefined();
  rmSync(file(), { recursive: true });
  ids.remember('other', 'id-2');
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ ...(JSON.parse(before) as object), other: 'id-2' });
});
