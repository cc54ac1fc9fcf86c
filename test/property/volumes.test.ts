import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFailure, sentences } from '../../src/errors.ts';
import { remoteDirOptions } from '../../src/remotes/remote-dirs.ts';
import { labelOptions, volumeOptions } from '../../src/volumes/options.ts';
import { type PluginHost, startHost } from '../fakes/plugin-host.ts';

// Names and options come from anybody who may talk to Docker. Whatever they are: nothing outside the root is touched, and
// what is refused is refused in words. 100,000 of them in all.

let folder: string;
let host: PluginHost;
const inFolder = (...path: string[]) => join(folder, ...path);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'property-'));
  for (const path of ['around/share', 'around/beside/deep', 'around/sharebeside'])
    mkdirSync(inFolder(path), { recursive: true });
  for (const path of ['around/sentinel', 'around/beside/deep/sentinel', 'around/sharebeside/x'])
    writeFileSync(inFolder(path), path);
  chmodSync(inFolder('around/beside'), 0o701);
  symlinkSync('beside', inFolder('around/link'));
  host = startHost(inFolder('home'), {
    remoteDirs: { disk: { type: 'local', path: inFolder('around/share') } },
    mounts: false,
    readNamespaces: async () => [],
  });
});
afterEach(() => {
  host.stop();
  rmSync(folder, { recursive: true });
});

/** Everything around the root, down to times and link counts; of the root itself only that it is there. */
function fingerprint(at = inFolder('around')): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(at).sort()) {
    const path = join(at, name);
    const { mode, uid, gid, nlink, mtimeMs, ctimeMs } = lstatSync(path);
    if (path === inFolder('around/share')) continue;
    hash.update(JSON.stringify([name, mode, uid, gid, nlink, mtimeMs, ctimeMs]));
    if (lstatSync(path).isDirectory()) hash.update(fingerprint(path));
    else hash.update(lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path));
  }
  return hash.digest('hex');
}

async function inWords(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isFailure(error)) throw error;
    expect(Object.keys(sentences)).toContain(error.code);
    expect(error.code).not.toBe('Unexpected');
    expect(error.message).toMatch(/^.{10,}$/u);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f]/);
  }
}

const nasty = fc.constantFrom(
  '..',
  '.',
  '/',
  '../',
  '//',
  '\0',
  '\n',
  '@',
  ':',
  ' ',
  '~',
  '$(x)',
  '%2e',
  '\u202e',
  '\ud800',
  'ä',
  '-',
  '.nfs-shared',
  'share',
  'volumes',
  '.json',
  'sentinel',
  'beside',
  'lost+found',
  '__proto__',
  'constructor',
);
const label = fc.oneof(
  { weight: 5, arbitrary: fc.constant('disk') },
  { weight: 1, arbitrary: fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 8 })) },
);
const part = fc.oneof(
  { weight: 3, arbitrary: fc.array(nasty, { minLength: 1, maxLength: 6 }).map(parts => parts.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-c][a-c._-]{0,2}$/) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 300, unit: 'grapheme-ascii' }) },
);
const name = fc.oneof(
  part,
  fc.tuple(part, label).map(([folderName, at]) => `${folderName}@${at}`),
);

const known = [...volumeOptions, ...labelOptions].map(option => option.name);
const value = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('0', '-1', '4294967295', '07777', '0755', 'ro', 'disk', 'delete', 'retain', '5G', '1e9', ''),
);
// A remote dir of anybody's own may lie anywhere, so that these stay inside the folder of the test.
const remote = fc.record(
  {
    type: fc.constantFrom('local', 'nfs4', 'nfs9', 'LOCAL', ''),
    path: fc.constantFrom('relative', '../around/beside', 'C:\\x', '\0', '', '/\0', '/..', '/tmp/../..'),
    'vol-path': fc.constantFrom('..', '../beside', '/abs', 'a/../../b', '.nfs-shared', '\n'),
    adopt: value,
    port: fc.constantFrom('x', '70000', '-1'),
  },
  { requiredKeys: ['path'] },
);
const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 6, arbitrary: fc.dictionary(fc.oneof(fc.constantFrom(...known), part), value, { maxKeys: 3 }) },
  { weight: 2, arbitrary: remote },
);
const optionMap = (given: object) => new Map(Object.entries(given as Record<string, string>));
const isRemoteOption = (option: string) => remoteDirOptions.some(candidate => candidate.name === option);

test('no name and no options reach anything outside the root, and each refusal is a sentence', async () => {
  const before = fingerprint();
  const verbs = {
    create: (given: string, with_: ReadonlyMap<string, string>) => host.volumes.create(given, with_),
    get: (given: string) => host.volumes.get(given),
    remove: (given: string) => host.volumes.remove(given),
    path: async (given: string) => host.volumes.path(given),
    unmount: async (given: string) => host.volumes.unmount(given, 'id'),
  };
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      name,
      options,
      fc.constantFrom(...(Object.keys(verbs) as (keyof typeof verbs)[])),
      async (given, raw, verb) => {
        const map = optionMap(raw);
        // A free choice of options may hit upon these two, and must not make a share of any folder of this machine.
        const strays = !('path' in raw) && [...map.keys()].some(isRemoteOption);
        if (!strays) await inWords(verbs[verb](given, map));
        made = Math.max(made, readdirSync(inFolder('around/share')).length);
      },
    ),
    { numRuns: 80_000, endOnFailure: true },
  );
  expect(fingerprint()).toBe(before);
  expect(made).toBeGreaterThan(3);
}, 600_000);

test('a volume that could be created can be found, listed and removed under that very name', async () => {
  const before = fingerprint();
  const valid = fc.oneof(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/), fc.stringMatching(/^[a-z0-9]{128}$/));
  const good = fc.record(
    {
      uid: fc.nat(4294967294).map(String),
      mode: fc.stringMatching(/^[0-7]{3,4}$/),
      group: fc.stringMatching(/^[a-z]{1,9}$/),
    },
    { requiredKeys: [] },
  );
  let done = 0;
  await fc.assert(
    fc.asyncProperty(valid, fc.boolean(), good, async (folderName, bare, given) => {
      const full = bare ? folderName : `${folderName}@disk`;
      await host.volumes.create(full, optionMap(given));
      expect(await host.volumes.get(full)).toMatchObject({ name: full, status: { state: 'ok' } });
      expect(readdirSync(inFolder('around/share')).sort()).toEqual(['.nfs-shared', folderName].sort());
      await host.volumes.remove(full);
      expect(await host.volumes.get(full)).toBeUndefined();
      done += 1;
    }),
    { numRuns: 1000, endOnFailure: true },
  );
  expect(done).toBeGreaterThanOrEqual(1000);
  expect(await host.volumes.list()).toEqual([]);
  expect(fingerprint()).toBe(before);
}, 600_000);
