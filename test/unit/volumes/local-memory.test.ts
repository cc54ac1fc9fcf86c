import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// What this host remembers must survive whatever happens to its files: a damaged one is set aside and reported, never
// silently taken for an empty one, and never keeps the plugin from starting.

let folder: string;
let host: PluginHost;
const share = () => join(folder, 'share');
const start = () => {
  const remoteDirs = { disk: { type: 'local', path: share() } };
  return startHost(folder, { remoteDirs, mounts: false, readNamespaces: async () => [] });
};
const restart = () => {
  host.stop();
  host = start();
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
  for (const name of ['share', 'dynamic']) mkdirSync(join(folder, name));
  host = start();
  await host.volumes.create('db', new Map([['remote-dir', 'disk']]));
  await host.volumes.create('x@dyn', new Map(Object.entries({ type: 'local', path: join(folder, 'dynamic') })));
});
afterEach(() => {
  host.stop();
  rmSync(folder, { recursive: true });
});

const catalogueFile = () => join('catalogue', `${host.ids.known('disk')}.jsonl`);
const aside = (file: string) => {
  const [name = '', ...path] = file.split('/').reverse();
  return readdirSync(join(host.state, ...path.reverse())).filter(other => other.startsWith(`${name}.corrupt-`));
};
const complaints = () => host.logged.filter(line => Number(line['level']) >= 40).map(line => JSON.stringify(line));

describe.each([
  ['shares.json', ['', '{', '[]', 'null', '{"disk":5}']],
  ['remote-dirs.json', ['', '{', '[]', '{"version":2}', '{"version":1,"remoteDirs":[]}']],
  ['host.json', ['', '{', '{"id":5}', '{"id":"../../etc"}']],
] as const)('a damaged %s', (file, texts) => {
  test.each(texts)('(%j) is set aside and reported, and the plugin starts', async text => {
    writeFileSync(join(host.state, file), text);
    restart();
    expect(aside(file)).toHaveLength(1);
    expect(readFileSync(join(host.state, aside(file)[0] ?? ''), 'utf8')).toBe(text);
    expect(complaints().join('\n')).toMatch(/set aside|kept/);
    await host.volumes.create('new@disk', new Map());
    expect((await host.volumes.get('new@disk'))?.status).toMatchObject({ state: 'ok' });
  });
});

describe('a damaged catalogue', () => {
  test.each(['garbage\n', '\0\0\0\0\n', '[5]\n', '{"db":1}\n'])(
    '(%j) is kept aside and reported, and loses only what cannot be read',
    async text => {
      const file = catalogueFile();
      const whole = readFileSync(join(host.state, file), 'utf8');
      writeFileSync(join(host.state, file), `${text}${whole}`);
      restart();
      expect(aside(file)).toHaveLength(1);
      expect(complaints()).not.toEqual([]);
      renameSync(share(), join(folder, 'away'));
      expect(await host.volumes.get('db')).toMatchObject({ name: 'db', status: { state: 'unreachable' } });
    },
  );

  test.each(['["other",null]\n', '["other",5]\n', '["other",{"spelling":7}]\n', '["other",{}]\n'])(
    '(%j) that is well written and means nothing is reported, and the plugin starts',
    async text => {
      appendFileSync(join(host.state, catalogueFile()), text);
      restart();
      expect(complaints()).not.toEqual([]);
      expect(await host.volumes.get('db')).toMatchObject({ name: 'db', status: { state: 'ok' } });
      const names = async () => (await host.volumes.list()).map(({ name }) => name).sort();
      expect(await names()).toEqual(['db', 'x@dyn']);
      renameSync(share(), join(folder, 'away'));
      expect(await names()).toEqual(['db', 'x@dyn']);
    },
  );

  test('whose last line was cut off by a crash loses that line only', async () => {
    appendFileSync(join(host.state, catalogueFile()), '["torn",{"lab');
    restart();
    renameSync(share(), join(folder, 'away'));
    expect((await host.volumes.list()).map(({ name }) => name).sort()).toEqual(['db', 'x@dyn']);
  });
});

test('settings given with -o are readable by root alone', () => {
  expect(statSync(join(host.state, 'remote-dirs.json')).mode & 0o777).toBe(0o600);
});

test('this host keeps its id over restarts', async () => {
  const id = readFileSync(join(host.state, 'host.json'), 'utf8');
  restart();
  expect(readFileSync(join(host.state, 'host.json'), 'utf8')).toBe(id);
});

test('a Create that cannot be remembered is no success: Docker would count on it', async () => {
  const folderOf = join(host.state, 'catalogue');
  rmSync(folderOf, { recursive: true });
  writeFileSync(folderOf, 'in the way');
  await expect(host.volumes.create('new@disk', new Map())).rejects.toMatchObject({ code: 'LocalStateUnwritable' });
  expect(await host.volumes.get('new@disk')).toMatchObject({ name: 'new@disk', status: { state: 'ok' } });
  rmSync(folderOf);
  await host.volumes.create('new@disk', new Map());
  expect(existsSync(join(host.state, catalogueFile()))).toBe(true);
});
