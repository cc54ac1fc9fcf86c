import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RunCommand } from '../../src/system/run-command.ts';
import type { Answer } from '../fakes/plugin-socket.ts';
import { type SmbHost, type SmbHostSettings, startSmbHost } from '../fakes/smb-host.ts';

jest.setTimeout(60_000);
const PLANTED = 'pl4nted-in-the-settings';
const IN_FILE = 'pl4nted-in-a-file';
const WITH_OPTION = 'pl4nted-with-an-option';
const planted = [PLANTED, IN_FILE, WITH_OPTION];

let folder: string;
let host: SmbHost | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(async () => {
  await host?.end();
  host = undefined;
  rmSync(folder, { recursive: true });
});

const inSettings: SmbHostSettings = { login: { user: 'bob', password: PLANTED, domain: 'CORP' } };

/** Where a password could show after the life of a volume, and what is said about everything that can go wrong. */
async function live(settings: SmbHostSettings, leak: (host: SmbHost) => void = () => {}) {
  host = await startSmbHost(folder, settings);
  const answers: (Answer | object)[] = [];
  const ask = async (answer: Promise<Answer | object>) => {
    answers.push(await answer);
    return answers.at(-1) as Answer;
  };
  const { create, get, mount, unmount, remove, call } = host;
  const address = { type: 'cifs', addr: '127.0.0.1', path: '/other', user: 'bob' };
  expect(await ask(create('db@office'))).toEqual({});
  expect(await ask(mount('db@office', 'one'))).toHaveProperty('Mountpoint');
  await ask(get('db@office'));
  await ask(call('List'));
  await ask(create('db@office', { mode: '0700' }));
  await ask(create('v@refused'));
  for (const name of ['password', 'PASSWORD', 'pass']) await ask(create('v@new', { ...address, [name]: WITH_OPTION }));
  for (const args of [`password=${WITH_OPTION}`, `username=bob%${WITH_OPTION}`, `credentials=${WITH_OPTION}`])
    await ask(create('v@new', { ...address, args }));
  const device = '//127.0.0.1/share';
  for (const o of [`username=bob,password=${WITH_OPTION}`, `credentials=a,pass=${WITH_OPTION}`, `${WITH_OPTION}`])
    await ask(create('films', { type: 'cifs', device, o: `addr=127.0.0.1,${o}` }));
  await ask(create('v@office', { ...address, user: 'eve' }));
  leak(host);
  await ask(get('db@office'));
  await ask(unmount('db@office', 'one'));
  await ask(remove('db@office'));
  return {
    'the answers': JSON.stringify(answers),
    'the log at trace': JSON.stringify(host.logged),
    'the arguments of commands': host.commands.join('\n'),
    'what a helper sees of itself': host.helperSaw(),
    'files on the share': filesBelow(host.share),
    'files of this host': filesBelow(host.state) + filesBelow(join(folder, 'run')),
  };
}

function shownIn(places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    planted.filter(each => text.includes(each)).map(() => place),
  );
}

function filesBelow(top: string): string {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.name}: ${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`)
    .join('\n');
}

describe('a password', () => {
  test('of the settings gets to the mount helper, and shows nowhere', async () => {
    const places = await live(inSettings);
    expect(host?.helperRead()).toContain(`username=bob\npassword=${PLANTED}\ndomain=CORP\n`);
    for (const text of Object.values(places)) expect(text.length).toBeGreaterThan(100);
    expect(places['the arguments of commands']).toContain('credentials=');
    expect(shownIn(places)).toEqual([]);
  });

  test('of a credentials file does so, too', async () => {
    mkdirSync(join(folder, 'credentials'));
    writeFileSync(join(folder, 'credentials/team'), `username=bob\npassword=${IN_FILE}\n`, { mode: 0o600 });
    expect(shownIn(await live({ login: { credentials: 'team' } }))).toEqual([]);
    expect(host?.helperRead()).toContain(`username=bob\npassword=${IN_FILE}\n`);
  });

  test('that a server refuses is said to be refused, and is not sent again for every list', async () => {
    host = await startSmbHost(folder, inSettings);
    const refusal = (await host.create('v@refused')).Err ?? '';
    expect(refusal).toMatch(/127\.0\.0\.1 does not let user "bob" in: user name, password or domain is wrong/);
    const tries = () => host?.commands.filter(line => line.includes('/refused')).length;
    const before = tries();
    for (let round = 0; round < 5; round += 1) {
      await host.list();
      await host.get('v@refused');
    }
    expect(tries()).toBe(before);
    // Who wants the share itself asks for it.
    await host.create('v@refused');
    expect(tries()).toBe((before ?? 0) + 1);
  });

  test('with -o is refused, with better places for it', async () => {
    host = await startSmbHost(folder, inSettings);
    const refusal = (await host.create('v@new', { type: 'cifs', addr: 'h', path: '/s', password: WITH_OPTION })).Err;
    expect(refusal).toMatch(/"password" is not taken with -o.*config file.*-o credentials=FILE/);
    expect(refusal).not.toContain(WITH_OPTION);
  });
});

// Each of these puts one leak in on purpose: a search that does not find it proves nothing.
describe('a leak is found', () => {
  const reveal = (running: SmbHost): string => {
    const found = running.remoteDirs.find('office');
    const login = found?.state === 'ok' ? found.dir.login : undefined;
    return login !== undefined && 'user' in login ? login.password.reveal() : '';
  };
  const asArgument =
    (run: RunCommand): RunCommand =>
    (file, args, options) =>
      run(
        file,
        file.endsWith('mount.cifs') ? args.map(arg => arg.replace('uid=0', `uid=0,pass=${PLANTED}`)) : args,
        options,
      );
  const asEnvironment =
    (run: RunCommand): RunCommand =>
    (file, args, options) =>
      file.endsWith('mount.cifs')
        ? run('sh', ['-c', `PASSWD=$(cat ${folder}/planted) exec "$0" "$@"`, file, ...args], options)
        : run(file, args, options);

  test.each<[string, Partial<SmbHostSettings>, (running: SmbHost) => void]>([
    ['the log at trace', {}, running => running.log.trace({ deep: { password: reveal(running) } }, 'oops')],
    ['files on the share', {}, running => writeFileSync(join(running.share, 'db/x'), reveal(running))],
    ['files of this host', {}, running => writeFileSync(join(running.state, 'x'), reveal(running))],
    [
      'the answers',
      {},
      running => {
        const record = join(running.share, '.nfs-shared/volumes/db.json');
        writeFileSync(
          record,
          readFileSync(record, 'utf8').replace('"options": {', `"options": { "group": "${reveal(running)}"`),
        );
      },
    ],
    ['what a helper sees of itself', { around: asEnvironment }, () => {}],
    ['the arguments of commands', { around: asArgument }, () => {}],
  ])('in %s', async (place, more, leak) => {
    writeFileSync(join(folder, 'planted'), PLANTED);
    const places = await live({ ...inSettings, ...more }, leak);
    expect(shownIn(places)).toContain(place);
  });
});
