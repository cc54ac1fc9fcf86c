import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ProbeTarget } from '../../../../src/drivers/driver.ts';
import type { ProbeResult } from '../../../../src/remotes/probe.ts';
import { Servers } from '../../../../src/volumes/direct/servers.ts';
import { until } from '../../../docker/until.ts';

const server: ProbeTarget = { kind: 'rpc', host: 'h', port: 2049, program: 100003, version: 4 };
const good: ProbeResult = { ok: true, milliseconds: 1 };
const bad: ProbeResult = { ok: false, fault: 'filtered', problem: 'nothing came back' };

let asked: number;
let answer: () => Promise<ProbeResult>;
let minutes: number;
let servers: Servers;

beforeEach(() => {
  asked = 0;
  minutes = 0;
  answer = async () => good;
  const probe = () => {
    asked += 1;
    return answer();
  };
  servers = new Servers(probe, () => new Date(minutes * 60_000));
});

const later = (milliseconds: number) =>
  jest.spyOn(performance, 'now').mockReturnValue(performance.now() + milliseconds);

describe('a server', () => {
  test('is asked once for all who ask at the same time', async () => {
    const answers = await Promise.all([servers.ask(server), servers.ask(server), servers.look(server)]);
    expect(answers.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined]);
    expect(asked).toBe(1);
    await servers.ask({ ...server, port: 2050 });
    expect(asked).toBe(2);
  });

  test('is shown as it was a moment ago, and asked again after that', async () => {
    await servers.look(server);
    await servers.look(server);
    expect(asked).toBe(1);
    const clock = later(6000);
    answer = async () => bad;
    expect((await servers.look(server)).problem).toBe('nothing came back');
    expect(asked).toBe(2);
    clock.mockRestore();
  });

  test('that was silent keeps nobody waiting who looks again, and is asked behind that', async () => {
    answer = async () => bad;
    await servers.look(server);
    const clock = later(6000);
    let tell: (result: ProbeResult) => void = () => {};
    answer = () =>
      new Promise(resolve => {
        tell = resolve;
      });
    expect((await servers.look(server)).problem).toBe('nothing came back');
    expect(asked).toBe(2);
    tell(good);
    await until('it is known to be back', 5000, async () =>
      (await servers.look(server)).problem === undefined ? true : undefined,
    );
    clock.mockRestore();
  });

  test('is away since the first time that it did not answer', async () => {
    await servers.ask(server);
    answer = async () => bad;
    minutes = 1;
    await servers.ask(server);
    minutes = 2;
    expect((await servers.ask(server)).since).toEqual(new Date(60_000));
    answer = async () => good;
    minutes = 3;
    expect((await servers.ask(server)).since).toEqual(new Date(180_000));
  });
});
