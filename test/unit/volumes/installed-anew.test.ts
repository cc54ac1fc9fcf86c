import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ownProcess } from '../../../src/system/process-mark.ts';
import { type PluginHost, startHost } from '../../fakes/plugin-host.ts';

// A plugin that was removed and installed again is a new host on the share. What the old one has attached is this machine's.

const OLD = '11111111-2222-3333-4444-555555555555';
let folder: string;
let share: string;
let host: PluginHost;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anew-'));
  share = join(folder, 'share');
  mkdirSync(share);
  host = startHost(folder, {
    remoteDirs: { disk: { type: 'local', path: share } },
    mounts: false,
    readNamespaces: async () => [],
  });
});
afterEach(() => {
  host.stop();
  rmSync(folder, { recursive: true });
});

async function attachedBy(process: object): Promise<void> {
  await host.volumes.create('db@disk', new Map());
  const sign = `attached.${OLD}.66666666-7777-8888-9999-000000000000`;
  const text = { host: { id: OLD, name: 'same-name' }, since: new Date().toISOString(), process };
  writeFileSync(join(share, '.nfs-shared/attachments/db', sign), JSON.stringify(text));
}

test('a volume that only the installation before had attached can be removed', async () => {
  await attachedBy({ ...ownProcess(), pid: 4_000_000, started: '1' });
  await host.volumes.remove('db@disk');
  expect(existsSync(join(share, 'db'))).toBe(false);
});

test('a volume that another one on this machine has attached, and which lives, cannot be removed', async () => {
  await attachedBy({ ...ownProcess() });
  await expect(host.volumes.remove('db@disk')).rejects.toMatchObject({ code: 'VolumeInUse' });
  expect(existsSync(join(share, 'db'))).toBe(true);
});

test('nor one of a machine whose processes cannot be seen from here', async () => {
  await attachedBy({ ...ownProcess(), namespace: 'pid:[1]', pid: 4_000_000 });
  await expect(host.volumes.remove('db@disk')).rejects.toThrow(/host "same-name"/);
});
