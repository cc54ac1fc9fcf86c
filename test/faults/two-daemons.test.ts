import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chaosBetweenTwo } from '../chaos/two-daemons.ts';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';

// A short run of `npm run chaos:local`.

let built: BuiltPlugin;
let folder: string;
beforeAll(() => {
  built = buildPlugin();
  folder = mkdtempSync(join(tmpdir(), 'two-daemons-'));
}, 90_000);
afterAll(() => {
  built.remove();
  rmSync(folder, { recursive: true });
});

test('two plugins that are asked for anything at once lose nothing, leave nothing, and say why they refuse', async () => {
  const wanted = { operations: 2000, seed: 20, volumes: 12, callers: 4 };
  const { outcomes, texts, problems, errorsLogged } = await chaosBetweenTwo(built, folder, wanted);
  expect([...problems, ...errorsLogged].slice(0, 20)).toEqual([]);
  expect(texts).toBeGreaterThan(50);
  for (const verb of ['create', 'mount', 'unmount', 'remove', 'restore', 'purge', 'get', 'list'])
    expect([verb, (outcomes.get(verb)?.get('ok') ?? 0) > 0]).toEqual([verb, true]);
}, 300_000);
