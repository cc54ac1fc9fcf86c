import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FakeSmbServer, startSmbServer } from '../fakes/smb-server.ts';
import { remoteDirs, twoDirs, useStage } from './use-stage.ts';

const stage = useStage();
const PASSWORD = 'pl4nted-in-a-file';
let server: FakeSmbServer;

// It answers the first message, so that the plugin goes on to the login; what comes of that is the kernel's business.
beforeAll(async () => {
  server = await startSmbServer();
  writeFileSync(join(stage.folder, 'one'), `username=bob\npassword=${PASSWORD}\n`, { mode: 0o600 });
  mkdirSync(join(stage.folder, 'many'));
  writeFileSync(join(stage.folder, 'many/nas'), `username=bob\npassword=${PASSWORD}\n`, { mode: 0o600 });
});
afterAll(() => server.stop());

const UNREAD = /the credentials file "[^"]+" cannot be read/;

async function refusal(source: string, name: string): Promise<string> {
  const smb = { type: 'cifs', addr: '127.0.0.1', port: server.port, path: '/share', credentials: name };
  await stage.plugin.configure({ 'credentials.source': source, ...remoteDirs({ ...twoDirs, smb }) });
  const said = await stage.createFails('v@smb');
  expect(said).not.toContain(PASSWORD);
  return said;
}

describe('the mount of credentials', () => {
  test('is unset at first, one file then, a folder after that, and each the other way round', async () => {
    const [one, many] = [join(stage.folder, 'one'), join(stage.folder, 'many')];
    expect(await refusal('/dev/null', 'nas')).toMatch(/"nas" cannot be read.*"credentials" is not set/);
    expect(await refusal(one, '.')).not.toMatch(UNREAD);
    expect(await refusal(one, 'nas')).toMatch(/"nas" cannot be read.*is one file: its name here is "\."/);
    expect(await refusal(many, 'nas')).not.toMatch(UNREAD);
    expect(await refusal(many, '.')).toMatch(/"\." cannot be read.*is a folder: name a file in it/);
    expect(await refusal(one, '.')).not.toMatch(UNREAD);
    expect(await refusal('/dev/null', '.')).toMatch(/"\." cannot be read.*is not set/);
  });

  test('leaves the password in nothing that Docker or the plugin shows', async () => {
    const many = join(stage.folder, 'many');
    await refusal(many, 'nas');
    expect(await stage.docker('plugin', 'inspect', await stage.plugin.id())).not.toContain(PASSWORD);
    expect(stage.engine.log()).not.toContain(PASSWORD);
    // The others work meanwhile.
    await stage.create('v@disk');
    expect(await stage.run(['-v', 'v@disk:/x'], 'echo works > /x/f; cat /x/f')).toBe('works');
  });
});
