import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parseMountTable } from '../../src/mounts/mount-table.ts';
import type { Namespace } from '../../src/mounts/mount-users.ts';
import { probe } from '../../src/remotes/probe.ts';
import { until } from '../docker/until.ts';
import { type ApiHost, startApiHost } from '../fakes/api-host.ts';
import { NfsByBind } from '../fakes/nfs-by-bind.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';
import { type FakeRpcServer, startRpcServer } from '../fakes/rpc-server.ts';

// One share with several addresses, over the plugin's socket; its server is a folder of this machine.

jest.setTimeout(60_000);
const [FIRST, SECOND] = ['10.0.0.5', '10.0.0.6'] as const;
let folder: string;
let nfs: NfsByBind;
let plugin: ApiHost;
let namespaces: Namespace[];
let server: FakeRpcServer | undefined;

async function start(settings: object = {}, network: Partial<NfsByBind> = nfs): Promise<void> {
  plugin = await startApiHost(folder, {
    remoteDirs: { nas: { type: 'nfs4', addr: `${FIRST},${SECOND}`, path: '/export', ...settings } },
    network,
    readNamespaces: async () => namespaces,
    mountWait: 5,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'addresses-'));
  nfs = new NfsByBind(join(folder, 'server'), ['/export']);
  namespaces = [];
});
afterEach(async () => {
  plugin.stop();
  await server?.stop();
  server = undefined;
  unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

/** A container that has a volume mounted, as its mount table shows it. */
function container(source: string): Namespace {
  const hostname = `/var/lib/docker/containers/${'c'.repeat(64)}/hostname`;
  const text = `50 49 0:777 / /data rw - nfs4 ${source} rw\n51 49 8:1 ${hostname} /etc/hostname rw - ext4 /dev/vda1 rw\n`;
  return { pid: 7, entries: parseMountTable(text) };
}
const statusOf = async (name: string) => (await plugin.get(name)).Volume?.Status;
/** Of the mounts for containers, the last one. */
const dataSource = () => nfs.mounted.findLast(({ options }) => options.includes('hard'))?.source;
const mountedFrom = (label: string) =>
  nfs.readTable().findLast(({ mountPoint }) => mountPoint === join(plugin.root, label))?.source;
const theOtherIsUsed = () =>
  until('the share is used by its other address', 30_000, async () => {
    const status = await statusOf('db@nas');
    return status?.['state'] === 'ok' && status['server'] === SECOND ? status : undefined;
  });

describe('a share with two addresses', () => {
  test('is used by the first while that answers', async () => {
    await start();
    expect(await plugin.create('db@nas')).toEqual({});
    expect(await plugin.mount('db@nas', 'id')).toMatchObject({ Mountpoint: expect.any(String) });
    expect(dataSource()).toBe(`${FIRST}:/export`);
    expect(await statusOf('db@nas')).toMatchObject({ state: 'ok', server: FIRST, addresses: [FIRST, SECOND] });
  });

  test('is used by the second when the first is silent from the beginning', async () => {
    nfs.silent.add(FIRST);
    await start();
    expect(await plugin.create('db@nas')).toEqual({});
    expect(await plugin.mount('db@nas', 'id')).toMatchObject({ Mountpoint: expect.any(String) });
    expect(dataSource()).toBe(`${SECOND}:/export`);
    expect(await statusOf('db@nas')).toMatchObject({ state: 'ok', server: SECOND, source: `${SECOND}:/export` });
  });

  test('with both silent says what is wrong with each', async () => {
    for (const addr of [FIRST, SECOND]) nfs.silent.add(addr);
    await start();
    expect((await plugin.create('db@nas')).Err).toMatch(
      /10\.0\.0\.5 did not answer .*; 10\.0\.0\.6 did not answer .*\(10\.0\.0\.5:\/export, 10\.0\.0\.6:\/export\)/,
    );
  });

  test('moves whole to the other address when nothing uses it: the very next Create goes there', async () => {
    await start();
    await plugin.create('db@nas');
    await plugin.mount('db@nas', 'id');
    await plugin.unmount('db@nas', 'id');
    nfs.silent.add(FIRST);
    expect(await plugin.create('more@nas')).toEqual({});
    expect(await plugin.mount('db@nas', 'id2')).toMatchObject({ Mountpoint: expect.any(String) });
    expect(mountedFrom('nas')).toBe(`${SECOND}:/export`);
    expect(await theOtherIsUsed()).not.toHaveProperty('mountedFrom');
  });

  test('stays mounted for containers where it is while one uses it, and says so; then it moves', async () => {
    await start();
    await plugin.create('db@nas');
    await plugin.mount('db@nas', 'id');
    namespaces = [container(`${FIRST}:/export/db`)];
    nfs.silent.add(FIRST);
    expect(await plugin.create('more@nas')).toEqual({});
    expect((await plugin.mount('more@nas', 'other')).Err).toMatch(
      /10\.0\.0\.5:\/export cannot be mounted: containers .*no mount can be moved to 10\.0\.0\.6; stop these/,
    );
    expect(mountedFrom('nas')).toBe(`${FIRST}:/export`);
    expect(await theOtherIsUsed()).toMatchObject({ mountedFrom: `${FIRST}:/export` });
    expect((await plugin.remove('db@nas')).Err).toMatch(/in use by container c/);

    namespaces = [];
    await plugin.unmount('db@nas', 'id');
    expect(await plugin.mount('more@nas', 'other')).toMatchObject({ Mountpoint: expect.any(String) });
    expect(mountedFrom('nas')).toBe(`${SECOND}:/export`);
  });

  test('knows a container that has a volume by the address that is not used any more', async () => {
    nfs.silent.add(FIRST);
    await start();
    await plugin.create('db@nas');
    namespaces = [container(`${FIRST}:/export/db`)];
    expect((await plugin.remove('db@nas')).Err).toMatch(/in use by container c/);
    expect((await plugin.remove('db@nas')).Err).not.toMatch(/no such volume/);
    namespaces = [container('10.0.0.7:/export/db')];
    expect(await plugin.remove('db@nas')).toEqual({});
  });

  test('goes back to an address that is there again only when the one in use is lost', async () => {
    nfs.silent.add(FIRST);
    await start();
    await plugin.create('db@nas');
    nfs.silent.clear();
    expect(await plugin.create('more@nas')).toEqual({});
    expect(await statusOf('db@nas')).toMatchObject({ server: SECOND });
    nfs.silent.add(SECOND);
    expect(await plugin.create('third@nas')).toEqual({});
    expect(await statusOf('db@nas')).toMatchObject({ server: FIRST });
  });

  test('is not taken for the same behind an address where another share is', async () => {
    await start();
    await plugin.create('db@nas');
    const other = join(folder, 'other');
    mkdirSync(join(other, 'export'), { recursive: true });
    writeFileSync(join(other, 'export', 'strange'), '');
    nfs.otherDisks.set(SECOND, other);
    nfs.silent.add(FIRST);
    expect((await plugin.create('more@nas')).Err).toMatch(/is not the share this host knows/);
    expect(existsSync(join(other, 'export', '.nfs-shared'))).toBe(false);
    expect(await statusOf('db@nas')).toMatchObject({ state: 'wrong-share' });
    nfs.silent.clear();
    nfs.silent.add(SECOND);
    expect(await plugin.create('more@nas')).toEqual({});
  });

  test('can be made with -o, and keeps its addresses over a restart', async () => {
    await start();
    const options = { type: 'nfs4', addr: '10.0.0.8,10.0.0.9', path: '/export' };
    nfs.otherDisks.set('10.0.0.9', join(folder, 'other'));
    mkdirSync(join(folder, 'other', 'export'), { recursive: true });
    nfs.silent.add('10.0.0.8');
    expect(await plugin.create('x@more', options)).toEqual({});
    plugin.stop();
    await start();
    expect(await statusOf('x@more')).toMatchObject({ server: '10.0.0.9', addresses: ['10.0.0.8', '10.0.0.9'] });
    expect((await plugin.create('y@more', { ...options, addr: '10.0.0.9' })).Err).toMatch(
      /addr is "10\.0\.0\.8,10\.0\.0\.9", asked for "10\.0\.0\.9"/,
    );
    expect((await plugin.create('y@third', { ...options, addr: `10.0.0.7,${SECOND}` })).Err).toMatch(
      /same folder as remote dir "nas"/,
    );
  });
});

test.each(['::1', '[::1]'])('a server may be named by an IPv6 address: %s', async addr => {
  server = await startRpcServer({ host: '::1' });
  const { port } = server;
  // The network and the question whether it answers are real, only the mount is not.
  const network = { run: nfs.run, readTable: nfs.readTable, explain: nfs.explain, probe };
  await start({ addr, port }, network);
  expect(await plugin.create('db@nas')).toEqual({});
  const { Mountpoint } = (await plugin.mount('db@nas', 'id')) as { Mountpoint: string };
  writeFileSync(join(Mountpoint, 'x'), '');
  expect(dataSource()).toBe('[::1]:/export');
  expect(await statusOf('db@nas')).toMatchObject({ state: 'ok', server: '::1', source: '[::1]:/export' });
});
