import { expect, test } from '@jest/globals';
import { sentenceOf } from '../../../src/api/replies.ts';
import { Failure } from '../../../src/errors.ts';
import { type Call, type Held, mayBeHalfDone, mustBeThere, removedInUse } from '../../vm/suites/chaos/journal.ts';
import { Random } from '../../vm/suites/chaos/random.ts';
import { refusalOf } from '../../vm/suites/chaos/refusals.ts';

const V = 'v@nas';

function call(what: Call['what'], outcome: Call['outcome'], began: number, ended: number): Call {
  return { what, outcome, began, ended, host: 'a', volume: V };
}

test('the same seed gives the same numbers, and another one others', () => {
  const numbers = (random: Random) => Array.from({ length: 20 }, () => random.next());

  expect(numbers(new Random(7))).toEqual(numbers(new Random(7)));
  expect(numbers(new Random(8))).not.toEqual(numbers(new Random(7)));
  expect(numbers(new Random(7)).every(each => each >= 0 && each < 1)).toBe(true);
});

test('what others take from a row of numbers does not change its branches', () => {
  const [used, fresh] = [new Random(7), new Random(7)];
  used.next();

  expect(used.branch(3).next()).toBe(fresh.branch(3).next());
  expect(fresh.branch(4).next()).not.toBe(fresh.branch(3).next());
});

test('a shuffled list has everything once', () => {
  const all = [1, 2, 3, 4, 5, 6];

  expect(new Random(1).shuffled(all).sort()).toEqual(all);
  expect(new Random(2).shuffled(all)).toEqual(new Random(2).shuffled(all));
});

test('a volume has to be there when it was created after its last removal, and gone the other way round', () => {
  const removed = [call('create', 'done', 0, 10), call('remove', 'done', 20, 30)];

  expect(mustBeThere(removed, V)).toBe(false);
  expect(mustBeThere([...removed, call('restore', 'done', 40, 50)], V)).toBe(true);
  expect(mustBeThere([...removed, call('restore', 'refused', 40, 50)], V)).toBe(false);
  expect(mustBeThere([], V)).toBeUndefined();
});

test.each([
  ['a removal at the same time', call('remove', 'done', 5, 15)],
  ['a removal whose answer was lost', call('remove', 'not known', 5, 6)],
])('%s leaves open whether a volume is there', (_, removal) => {
  expect(mustBeThere([call('create', 'done', 0, 10), removal], V)).toBeUndefined();
});

test('a container that was refused may have brought its volume with it', () => {
  expect(mustBeThere([call('remove', 'done', 0, 10), call('start', 'refused', 20, 30)], V)).toBeUndefined();
});

test('a removal whose answer was lost may be late, but not for ever', () => {
  const removal = call('remove', 'not known', 0, 10);

  expect(mustBeThere([removal, call('create', 'done', 1000, 1010)], V)).toBeUndefined();
  expect(mustBeThere([removal, call('create', 'done', 60_000, 60_010)], V)).toBe(true);
});

test('a volume was removed in use when a container had it from before until after', () => {
  const removal = call('remove', 'done', 20, 30);
  const held = (since: number, until: number): Held => ({ host: 'b', volume: V, since, until });

  expect(removedInUse([removal], [held(10, 40)])).toEqual([
    'host a has removed v@nas while a container on host b had it',
  ]);
  expect(removedInUse([removal], [held(10, 25), held(25, 40)])).toEqual([]);
  expect(removedInUse([call('remove', 'refused', 20, 30)], [held(10, 40)])).toEqual([]);
});

test('only a call whose answer was lost explains a volume that is half done', () => {
  expect(mayBeHalfDone([call('create', 'refused', 0, 10)], V)).toBe(false);
  expect(mayBeHalfDone([call('create', 'not known', 0, 10)], V)).toBe(true);
  expect(mayBeHalfDone([call('create', 'not known', 0, 10)], 'other@nas')).toBe(false);
});

test.each([
  ['in use', new Failure('VolumeInUse', { users: ['host "b" (1 container, since 2026-01-01T00:00:00.000Z)'] })],
  ['being removed', new Failure('BeingRemoved', { since: '2026-01-01T00:00:00.000Z', by: 'b' })],
  ['no such volume', new Failure('NoSuchVolume', {})],
  [
    'the share does not answer',
    new Failure('ShareUnreachable', { label: 'nas', server: '10.9.0.1', problem: 'the server did not answer' }),
  ],
  ['out of time', new Failure('TimedOut', { what: 'removing the volume', seconds: 25 })],
  ['not mounted', new Failure('MountFailed', { source: '10.9.0.1:/srv/nas', problem: 'connection refused' })],
  ['not restored', new Failure('NotRestorable', { reason: 'there is a volume "v" now' })],
])('"%s" is known by the words that the plugin has for it', (kind, failure) => {
  const sentence = `500: error while mounting volume '': VolumeDriver.Mount: ${sentenceOf('remove', V, failure)}`;

  expect(refusalOf(sentence)).toMatchObject({ kind, whose: 'the plugin' });
});

test.each([
  ['', 'no word at all'],
  [`500: ${sentenceOf('mount', V, new Error('cannot read property of undefined'))}`, 'what nobody has thought of'],
  ['500: exit status 32', 'what is no sentence'],
])('"%s" is not known: %s', message => {
  expect(refusalOf(message)).toBeUndefined();
});

test.each([
  ['in use, says Docker', '409: remove v@nas: volume is in use - [0123456789ab]'],
  ['no such volume, says Docker', '404: get v@nas: no such volume'],
  ['no such volume, says Docker', "500: error while mounting volume '/mnt/vmdk/nas/v': get v@nas: no such volume"],
  [
    'the plugin is away, says Docker',
    '500: Post "http://%2Frun%2Fdocker%2Fplugins%2F123%2Fnfs-shared.sock/VolumeDriver.Mount": EOF',
  ],
])('"%s" is known by what Docker says', (kind, message) => {
  expect(refusalOf(message)).toMatchObject({ kind, whose: 'Docker' });
});
