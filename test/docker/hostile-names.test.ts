import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { remoteDirs, twoDirs, useStage } from './stage.ts';
import { pluginName } from './template.ts';
import { treeFingerprint } from './tree-fingerprint.ts';

// One remote dir: a name need not say where it is, so every one of these would reach a folder if it were taken.
const stage = useStage({ settings: remoteDirs({ disk: twoDirs.disk }) });
let plugin = 0;

const names = [
  ...[
    '',
    '.',
    '..',
    '../x',
    '../../etc',
    '/',
    '/etc',
    'a/b',
    'a/../b',
    'a\\b',
    'a\0b',
    'a\nb',
    'a b',
    ' a',
    '-x',
    '.hidden',
    '.nfs-shared',
  ],
  ...[
    '..@disk',
    '../sentinel@disk',
    '/etc@disk',
    'a/b@disk',
    'a\0@disk',
    'a\n@disk',
    '.nfs-shared@disk',
    '-rf@disk',
    '@disk',
    'a@',
    'a@@disk',
  ],
  ...[
    'a@disk@disk',
    'a@..',
    'a@../second',
    'a@disk/..',
    'a@__proto__',
    'a@constructor',
    '__proto__@disk',
    '%2e%2e@disk',

    '$(id)@disk',
  ],
  ...['\u202eevil@disk', 'é@disk', '\ud800@disk', `${'n'.repeat(300)}@disk`, 'n'.repeat(70_000)],
];
const shown = (name: string) =>
  JSON.stringify(name.length > 40 ? `${name.slice(0, 10)}… ${name.length} characters` : name);

/** Everything on this host the plugin could reach by mistake: the whole folder it was given, and its own surroundings. */
function surroundings(): string[] {
  const plugins = join(stage.engine.dataRoot, 'plugins');
  const own = readdirSync(plugins)
    .filter(name => /^[0-9a-f]{64}$/.test(name))
    .flatMap(id => readdirSync(join(plugins, id, 'propagated-mount')).map(name => `${id}/${name}`));
  // The records of refused volumes would show as a change of a folder's time only: what counts is names and contents.
  const withoutTimes = treeFingerprint(stage.share(), ['.nfs-shared']).map(line => line.replace(/ \d{19} /, ' '));
  return [...withoutTimes, ...own];
}

const onSocket = (call: string, body: string) => stage.plugin.call(call, body);

/** The calls that did not answer this body as every call should: with status 200 and a reason. */
async function notRefused(body: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const call of ['Create', 'Get', 'Path', 'Mount', 'Remove']) {
    const answer = await onSocket(call, body);
    const { Err } = answer.body as { Err?: unknown };
    if (answer.status !== 200 || typeof Err !== 'string' || Err.length < 5) found.push({ call, answer });
  }
  return found;
}

beforeAll(async () => {
  mkdirSync(stage.share('sentinel'));
  writeFileSync(stage.share('sentinel/file'), 'still here\n');
  await stage.create('good@disk');
  await stage.run(['-v', 'good@disk:/x'], 'echo good > /x/file');
  plugin = await stage.plugin.processId();
});

describe('a name that is no name', () => {
  test.each(names.map(name => [shown(name), name]))(
    '%s is refused through Docker and changes nothing',
    async (_, name) => {
      const before = surroundings();
      const created =
        name === ''
          ? { status: 500, body: {} }
          : await stage.engine.api.call('POST', '/volumes/create', { Name: name, Driver: pluginName });

      expect(created.status).toBeGreaterThanOrEqual(400);
      expect(surroundings()).toEqual(before);
    },
  );

  test.each(names.map(name => [shown(name), name]))(
    '%s is refused on the socket by every call and changes nothing',
    async (_, Name) => {
      const before = surroundings();
      expect(await notRefused(JSON.stringify({ Name, ID: 'f'.repeat(64), Opts: null }))).toEqual([]);
      expect((await onSocket('Unmount', JSON.stringify({ Name, ID: 'f'.repeat(64) }))).status).toBe(200);

      expect(surroundings()).toEqual(before);
    },
  );
});

describe('a name that only looks dangerous', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty', 'CON', 'a..b', 'null'])(
    '%s is a volume like any other',
    async name => {
      await stage.create(`${name}@disk`);
      expect(await stage.run(['-v', `${name}@disk:/x`], 'echo mine > /x/file; cat /x/file')).toBe('mine');
      expect((await stage.inspect(`${name}@disk`)).Status['state']).toBe('ok');
      await stage.docker('volume', 'rm', `${name}@disk`);

      expect(await stage.volumes()).toEqual(['good@disk']);
    },
  );
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
    const before = surroundings();
    const answer = await onSocket('Create', `{"Name":"victim@disk","Opts":${Opts}}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ Err: expect.stringMatching(/.{5}/) });
    // One line for a terminal, not a megabyte.
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000);
    expect(surroundings()).toEqual(before);
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
    ['nothing', ''],
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
    expect(await notRefused(body)).toEqual([]);
  });

  test('and after all of it the plugin is the same process and serves the good volume', async () => {
    expect(await stage.run(['-v', 'good@disk:/x'], 'cat /x/file')).toBe('good');
    expect(await stage.volumes()).toEqual(['good@disk']);
    expect(await stage.plugin.processId()).toBe(plugin);
  });
});
