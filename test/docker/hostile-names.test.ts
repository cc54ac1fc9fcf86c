import { mkdirSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { notRefused, surroundings } from './refusals.ts';
import { pluginName } from './template.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

// One remote dir: a name need not say where it is, so every one of these would reach a folder if it were taken.
const stage = useStage({ settings: remoteDirs({ disk: twoDirs.disk }) });

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

beforeAll(async () => {
  mkdirSync(stage.share('sentinel'));
  writeFileSync(stage.share('sentinel/file'), 'still here\n');
  await stage.create('good@disk');
  await stage.run(['-v', 'good@disk:/x'], 'echo good > /x/file');
});

describe('a name that is no name', () => {
  // Without a name Docker makes one up, so the empty one never gets through it.
  test.each(names.filter(name => name !== '').map(name => [shown(name), name]))(
    '%s is refused through Docker and changes nothing',
    async (_, Name) => {
      const before = surroundings(stage);
      const created = await stage.engine.api.call('POST', '/volumes/create', { Name, Driver: pluginName });

      expect(created.status).toBeGreaterThanOrEqual(400);
      expect(surroundings(stage)).toEqual(before);
    },
  );

  test.each(names.map(name => [shown(name), name]))(
    '%s is refused on the socket by every call and changes nothing',
    async (_, Name) => {
      const before = surroundings(stage);
      expect(await notRefused(stage, JSON.stringify({ Name, ID: 'f'.repeat(64), Opts: null }))).toEqual([]);
      expect((await stage.plugin.call('Unmount', JSON.stringify({ Name, ID: 'f'.repeat(64) }))).status).toBe(200);

      expect(surroundings(stage)).toEqual(before);
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
