import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Failure } from '../../../src/errors.ts';
import { makeLogger } from '../../../src/logger.ts';
import { Secret } from '../../../src/system/secret.ts';

const secret = new Secret('hunter2');
const around = { user: 'bob', deep: { list: [secret] }, secret };

test.each<[string, () => string]>([
  ['a template', () => `the password is ${secret}`],
  ['a sum', () => `${'the password is '}${String(secret)}`],
  ['JSON', () => JSON.stringify(around)],
  ['inspect', () => inspect(around, { depth: 9, showHidden: true, getters: true })],
  ['a join', () => [secret, secret].join()],
  ['an error', () => new Error(`refused: ${secret}`, { cause: around }).stack ?? ''],
  ['a failure', () => new Failure('Unexpected', { problem: String(secret) }).message],
  ['the keys of an object', () => JSON.stringify([Object.entries(secret), { ...secret }, Reflect.ownKeys(secret)])],
  ['a format of the console', () => inspect(new Map([[secret, secret]]))],
])('%s does not show it', (_, show) => {
  expect(show()).not.toContain('hunter2');
});

test('a log line does not show it, at whatever level and wherever it stands', () => {
  const lines: string[] = [];
  const log = makeLogger('trace', [{ write: (line: string) => void lines.push(line) }]);
  log.trace({ around, err: Object.assign(new Error('no'), { around }) }, 'a line');
  log.info(around, `with ${secret}`);
  expect(lines.join()).toContain('***');
  expect(lines.join()).not.toContain('hunter2');
});

test('only reveal() gives it out, and two can be compared without it', () => {
  expect(secret.reveal()).toBe('hunter2');
  expect(secret.equals(new Secret('hunter2'))).toBe(true);
  expect(secret.equals(new Secret('other'))).toBe(false);
  expect(secret.equals(undefined)).toBe(false);
});
