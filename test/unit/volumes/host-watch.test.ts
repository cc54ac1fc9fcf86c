import { beforeEach, describe, expect, test } from '@jest/globals';
import type { HostSign } from '../../../src/volumes/host-sign.ts';
import { HostWatch } from '../../../src/volumes/host-watch.ts';
import { OwnSign } from '../../../src/volumes/own-sign.ts';

const second = 1000;
let now: number;
let watch: HostWatch;
beforeEach(() => {
  now = 1e9;
  watch = new HostWatch(() => now);
});
const host = (counter: number, life = 'first', id = 'b'): HostSign => ({
  version: 1,
  id,
  name: id,
  life,
  counter,
  volumes: {},
});

/** Looks every 20 s, as often as said; each look shows the next of the signs, the last one again and again. */
function look(times: number, ...signs: HostSign[]): void {
  for (let at = 0; at < times; at += 1) {
    now += 20 * second;
    watch.saw(signs.slice(Math.min(at, signs.length - 1)).slice(0, 1));
  }
}

describe('a host', () => {
  test('is silent from the time on that its counter has stood still for a minute, since it was last seen to move', () => {
    look(3, host(1), host(2), host(3));
    look(3, host(3));
    expect(watch.silentFor('b')).toBe(60 * second);
    look(6, host(3));
    expect(watch.silentFor('b')).toBe(180 * second);
  });

  test('is not silent as long as it counts on, however slowly it is looked at', () => {
    for (let at = 0; at < 100; at += 1) {
      now += 55 * second;
      watch.saw([host(at)]);
      expect(watch.silentFor('b')).toBe(0);
    }
  });

  test('that is back counts from the beginning when it falls silent again', () => {
    look(20, host(1));
    look(1, host(2));
    expect(watch.silentFor('b')).toBe(0);
    look(2, host(2));
    expect(watch.silentFor('b')).toBe(0);
    look(1, host(2));
    expect(watch.silentFor('b')).toBe(60 * second);
  });

  test('that was started anew is not silent, also when its counter stands where it stood', () => {
    look(20, host(7));
    look(1, host(7, 'second'));
    expect(watch.silentFor('b')).toBe(0);
  });

  test('that counts on after a long time without a look has never been silent', () => {
    look(2, host(1));
    now += 24 * 3600 * second;
    watch.saw([host(2)]);
    expect(watch.silentFor('b')).toBe(0);
  });

  test('of which there is no file is not known to be silent', () => {
    look(20, host(1));
    look(20, host(1, 'first', 'c'));
    expect(watch.silentFor('b')).toBe(0);
    expect(watch.sign('b')).toBeUndefined();
    expect(watch.silentFor('nobody')).toBe(0);
  });
});

describe('nobody becomes silent', () => {
  test('by an outage of the share, during which nobody could write', () => {
    look(10, host(5));
    expect(watch.silentFor('b')).toBeGreaterThan(0);
    watch.couldNotLook();
    expect(watch.silentFor('b')).toBe(0);
    now += 3600 * second;
    watch.saw([host(5)]);
    expect(watch.silentFor('b')).toBe(0);
    look(2, host(5));
    expect(watch.silentFor('b')).toBe(0);
    look(1, host(5));
    expect(watch.silentFor('b')).toBe(60 * second);
  });

  test('by an outage that is shorter than a minute', () => {
    look(2, host(5));
    now += 20 * second;
    watch.couldNotLook();
    look(2, host(5));
    expect(watch.silentFor('b')).toBe(0);
  });

  test('because this host did not look: after a jump of the clock, or a pause of the machine', () => {
    look(1, host(5));
    now += 48 * 3600 * second;
    expect(watch.silentFor('b')).toBe(0);
    watch.saw([host(5)]);
    expect(watch.silentFor('b')).toBe(0);
  });

  test('any more when this host has not looked for longer than a minute', () => {
    look(20, host(5));
    expect(watch.silentFor('b')).toBeGreaterThan(0);
    now += 61 * second;
    expect(watch.silentFor('b')).toBe(0);
  });
});

describe('a host under the id of this one', () => {
  test('is found out when it counts on between two looks', () => {
    const own = new OwnSign('mine');
    const counters = [
      own.next(undefined),
      own.next(host(1, 'mine')),
      own.next(host(3, 'strange')),
      own.next(host(5, 'strange')),
    ];
    expect(counters).toEqual([1, 2, 4, 6]);
    expect(own.double).toBe('b');
  });

  test('is not this host itself before it was started anew, whatever it counted and whatever it still writes late', () => {
    const own = new OwnSign('mine');
    expect(own.next(host(1000, 'before'))).toBe(1001);
    expect(own.next(host(1001, 'mine'))).toBe(1002);
    expect(own.next(host(1001, 'before'))).toBe(1003);
    own.next(host(1001, 'before'));
    own.next(host(1004, 'mine'));
    expect(own.double).toBeUndefined();
  });

  test('is forgotten when it has not been seen for a while', () => {
    const own = new OwnSign('mine');
    own.next(undefined);
    own.next(host(3, 'strange'));
    let counter = own.next(host(5, 'strange'));
    expect(own.double).toBe('b');
    for (let beats = 0; beats < 3; beats += 1) counter = own.next(host(counter, 'mine'));
    expect(own.double).toBe('b');
    own.next(host(counter, 'mine'));
    expect(own.double).toBeUndefined();
  });
});
