import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ask, commands } from '../../src/cli/commands.ts';
import { ask, CliError, findSocket } from '../../src/cli/plugin-socket.ts';
import { until } from '../docker/until.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';

// The operator's commands as they are typed, against the plugin on its socket.

let folder: string;
let share: string;
let hosts: ApiHost[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'operator-'));
  share = join(folder, 'share');
  mkdirSync(share);
  hosts = [];
});
afterEach(() => {
  for (const host of hosts) host.stop();
  rmSync(folder, { recursive: true });
});

async function start(name: string, more: object = {}): Promise<ApiHost> {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const host = await startApiHost(home, {
    name,
    remoteDirs: { disk: { type: 'local', path: share } },
    mounts: false,
    readNamespaces: async () => [],
    ...more,
  });
  hosts.push(host);
  return host;
}

/** What the command shows a person. */
async function typed(host: ApiHost, ...words: string[]): Promise<string> {
  const [first, second, ...args] = words;
  const command = commands.find(({ words: [a, b] }) => a === first && b === second);
  if (command === undefined) throw new Error(`there is no command ${words.join(' ')}`);
  const asking: Ask = (method, path, body) => ask(host.socket, method, path, body);
  return (await command.run(asking, args)).text;
}

const failing = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it worked',
    (error: unknown) => (error instanceof CliError ? error.message : `not for people: ${String(error)}`),
  );

async function removed(host: ApiHost, volume: string): Promise<string> {
  await host.volumes.create(`${volume}@disk`, new Map([['mode', '0750']]));
  writeFileSync(join(share, volume, 'data'), 'precious');
  await host.volumes.remove(`${volume}@disk`);
  const line = (await typed(host, 'trash', 'ls')).split('\n').find(each => each.startsWith(`${volume}@disk`));
  return line?.split(/\s{2,}/).at(-1) ?? '';
}

describe('trash', () => {
  test('shows what was removed and until when it is kept; nothing is said to be nothing', async () => {
    const host = await start('a');
    expect(await typed(host, 'trash', 'ls')).toBe('nothing is in trash');
    await removed(host, 'db');
    expect(await typed(host, 'trash', 'ls', 'disk')).toMatch(/^VOLUME .*\ndb@disk +20\d\d-.*Z +kept +\S+-db$/);
  });

  test('gives a volume back with its data and options, and then it can be used and removed as before', async () => {
    const host = await start('a');
    const entry = await removed(host, 'db');
    expect(await typed(host, 'trash', 'restore', entry, 'disk')).toBe('db@disk is there again');
    expect(readFileSync(join(share, 'db/data'), 'utf8')).toBe('precious');
    expect(await host.volumes.get('db@disk')).toMatchObject({ status: { state: 'ok', options: { mode: '0750' } } });
    expect(await typed(host, 'trash', 'ls')).toBe('nothing is in trash');
    await host.volumes.remove('db@disk');
    expect(await typed(host, 'trash', 'ls')).toMatch(/db@disk/);
  });

  test('gives it back under another name when the first one is taken, and not over what is there', async () => {
    const host = await start('a');
    const entry = await removed(host, 'db');
    await host.volumes.create('db@disk', new Map());
    expect(await failing(typed(host, 'trash', 'restore', entry, 'disk'))).toMatch(/there is a volume "db" now/);
    mkdirSync(join(share, 'plain'));
    expect(await failing(typed(host, 'trash', 'restore', entry, 'disk', 'plain'))).toMatch(/a folder "plain"/);
    expect(await failing(typed(host, 'trash', 'restore', entry, 'disk', '../x'))).toMatch(/no name of a volume/);
    expect(await typed(host, 'trash', 'restore', entry, 'disk', 'old')).toBe('old@disk is there again');
    expect(readFileSync(join(share, 'old/data'), 'utf8')).toBe('precious');
  });

  test('deletes a volume at once when told so', async () => {
    const host = await start('a');
    const entry = await removed(host, 'db');
    await typed(host, 'trash', 'purge', entry, 'disk');
    await until('it was deleted', 10_000, async () =>
      (await typed(host, 'trash', 'ls')) === 'nothing is in trash' ? true : undefined,
    );
    expect(await failing(typed(host, 'trash', 'restore', entry, 'disk'))).toMatch(/there is no ".*-db" in trash/);
  });
});

describe('attachments', () => {
  test('shows which hosts use which volumes', async () => {
    const a = await start('a');
    const b = await start('b');
    expect(await typed(a, 'attachments', 'ls')).toBe('no host uses a volume');
    await a.volumes.create('db@disk', new Map());
    await b.volumes.get('db@disk');
    await attach(b);
    const shown = await typed(a, 'attachments', 'ls');
    expect(shown).toMatch(/^VOLUME .*\ndb@disk +b +(not known|1) +20\d\d-.*Z$/);
    expect(await typed(b, 'attachments', 'ls')).toMatch(/db@disk +b \(this host\)/);
  });

  test('are not released while their host shows signs of life, nor for this host, nor for one that has none', async () => {
    const a = await start('a');
    const b = await start('b');
    await a.volumes.create('db@disk', new Map());
    await attach(b);
    expect(await failing(typed(a, 'attachments', 'release', 'b', 'disk'))).toMatch(/signs of life/);
    expect(await failing(typed(b, 'attachments', 'release', 'b', 'disk'))).toMatch(/it is this host/);
    expect(await failing(typed(a, 'attachments', 'release', 'c', 'disk'))).toMatch(/nothing attached there/);
    await expect(a.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'VolumeInUse' });
  });

  test('of a host that has been silent are released, and then the volume can be removed', async () => {
    let ahead = 0;
    const clock = () => performance.now() + ahead;
    const a = await start('a', { clock, beatMs: 50 });
    const b = await start('b');
    await a.volumes.create('db@disk', new Map());
    await attach(b);
    b.volumes.stop();
    await expect(a.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'VolumeInUse' });
    // The other host's counter stands still through many looks that are less than a lease apart.
    const released = await until('the other host counts as silent', 30_000, async () => {
      ahead += 20_000;
      await new Promise(resolve => setTimeout(resolve, 250));
      const answer = await typed(a, 'attachments', 'release', 'b', 'disk').catch((error: Error) => error.message);
      return answer.includes('signs of life') ? undefined : answer;
    });
    expect(released).toBe('no longer held by b: db@disk');
    await a.volumes.remove('db@disk');
    expect(existsSync(join(share, 'db'))).toBe(false);
  });
});

describe('dirs accept', () => {
  test('takes another share behind a label for the right one, and only when there is another one', async () => {
    const host = await start('a');
    await host.volumes.create('db@disk', new Map());
    expect(await failing(typed(host, 'dirs', 'accept', 'disk'))).toMatch(/nothing to accept/);
    rmSync(share, { recursive: true });
    mkdirSync(share);
    await expect(host.volumes.create('new@disk', new Map())).rejects.toMatchObject({ code: 'WrongShare' });
    expect(await typed(host, 'dirs', 'accept', 'disk')).toMatch(/^disk stands for share [0-9a-f-]{36} from now on$/);
    await host.volumes.create('new@disk', new Map());
    expect(existsSync(join(share, 'new'))).toBe(true);
  });
});

describe('the command line', () => {
  test('says where it looked when there is no plugin, and asks which one when there are several', () => {
    expect(() => findSocket(folder)).toThrow(/no plugin was found below .*docker plugin ls/);
    for (const id of ['x', 'y']) {
      mkdirSync(join(folder, id));
      writeFileSync(join(folder, id, 'nfs-shared.sock'), '');
    }
    expect(() => findSocket(folder)).toThrow(/several plugins.*--socket/);
  });

  test('says so when the plugin does not answer', async () => {
    expect(await failing(ask(join(folder, 'none.sock'), 'GET', '/trash'))).toMatch(/none\.sock does not answer/);
  });
});

/** A container of that host, without Docker: what Mount does on the share. */
async function attach(host: ApiHost): Promise<void> {
  await host.volumes.mount('db@disk', 'a-container');
}
