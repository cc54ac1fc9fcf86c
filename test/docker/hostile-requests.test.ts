import { mkdirSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { notRefused, surroundings } from './refusals.ts';
import { pluginName } from './template.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage({ settings: remoteDirs({ disk: twoDirs.disk }) });
let plugin = 0;

beforeAll(async () => {
  mkdirSync(stage.share('sentinel'));
  writeFileSync(stage.share('sentinel/file'), 'still here\n');
  await stage.create('good@disk');
  await stage.run(['-v', 'good@disk:/x'], 'echo good > /x/file');
  plugin = await stage.plugin.processId();
});

describe('options that are no options', () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['a value of one megabyte', `{"mode":"${'7'.repeat(1_000_000)}"}`],
    ['a name of one megabyte', `{"${'o'.repeat(1_000_000)}":"1"}`],
    ['the name __proto__', '{"__proto__":"1"}'],
    ['the name constructor', '{"constructor":"1"}'],
    ['a mode that is a command', '{"mode":"$(reboot)"}'],
    ['a negative owner', '{"uid":"-1"}'],
    ['an owner beyond 32 bits', '{"uid":"4294967296"}'],
    ['an owner with a line break', '{"uid":"0\\n"}'],
    ['a value with a NUL', '{"group":"a\\u0000b"}'],
    ['a number', '{"uid":5}'],
    ['an object', '{"uid":{"toString":"x"}}'],
    ['a list', '["uid"]'],
    ['text', '"uid=5"'],
    ['five thousand names', JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`o${i}`, 'x'])))],
  ];

  test.each(hostile)('%s: refused on the socket, and nothing is made', async (_, Opts) => {
    const before = surroundings(stage);
    const answer = await stage.plugin.call('Create', `{"Name":"victim@disk","Opts":${Opts}}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ Err: expect.stringMatching(/.{5}/) });
    // One line for a terminal, not a megabyte.
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000);
    expect(surroundings(stage)).toEqual(before);
  });

  test('a megabyte of them is refused through Docker as well', async () => {
    const DriverOpts = { mode: '7'.repeat(1_000_000) };
    const answer = await stage.engine.api.call('POST', '/volumes/create', {
      Name: 'victim@disk',
      Driver: pluginName,
      DriverOpts,
    });

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await stage.volumes()).toEqual(['good@disk']);
  });
});

describe('a request that is no request', () => {
  const bodies: readonly (readonly [string, string])[] = [
    ['no JSON', '{"Name":'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number as name', '{"Name":5}'],
    ['an object as name', '{"Name":{"length":3}}'],
    ['no name', '{"Opts":{}}'],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['three megabytes', `{"Name":"${'x'.repeat(3_000_000)}"}`],
  ];

  test.each(bodies)('%s is answered with an error by every call that needs a name', async (_, body) => {
    expect(await notRefused(stage, body)).toEqual([]);
  });

  test('nothing is answered with an error too, but to Get, which Docker would take for "no such volume"', async () => {
    expect(await notRefused(stage, '', ['Create', 'Path', 'Mount', 'Remove'])).toEqual([]);
    await expect(stage.plugin.call('Get', '')).rejects.toThrow(/socket hang up/);
  });

  test('and after all of it the plugin is the same process and serves the good volume', async () => {
    expect(await stage.run(['-v', 'good@disk:/x'], 'cat /x/file')).toBe('good');
    expect(await stage.volumes()).toEqual(['good@disk']);
    expect(await stage.plugin.processId()).toBe(plugin);
  });
});
