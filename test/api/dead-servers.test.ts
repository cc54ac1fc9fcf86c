import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BuiltPlugin, buildPlugin } from '../fakes/built-plugin.ts';
import { type Daemon, startDaemon } from '../fakes/daemon-process.ts';
import { unmountBelow } from '../fakes/plugin-host.ts';

// A network of its own for the plugin: packets to 192.0.2.5 leave and nothing ever comes back. Ports 2049 and 2050 are a
// server that refuses and one that accepts and says nothing.
const network = [
  'ip link set lo up',
  'ip link add near type veth peer name far',
  'ip addr add 192.0.2.1/24 dev near',
  'ip link set near up',
  'ip link set far up',
  'ip neigh add 192.0.2.5 lladdr 02:00:00:00:00:05 dev near nud permanent',
  'exec "$@"',
].join(' && ');

let folder: string;
let built: BuiltPlugin;
let quiet: Daemon;
let plugin: Daemon;
const good = () => ({ good: { type: 'local', path: join(folder, 'good') } });

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1000;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dead-servers-'));
  mkdirSync(join(folder, 'good'));
  built = buildPlugin();
  quiet = await startDaemon(built, join(folder, 'quiet'), { remoteDirs: good() });
  await quiet.create('here@good');
  await quiet.end('SIGTERM');
  plugin = await startDaemon(built, join(folder, 'plugin'), {
    remoteDirs: {
      ...good(),
      refuses: { type: 'nfs4', addr: '192.0.2.1', path: '/x' },
      swallows: { type: 'nfs4', addr: '192.0.2.5', path: '/x' },
      nameless: { type: 'nfs3', addr: 'no-such-host.invalid', path: '/x' },
    },
    within: ['unshare', '--net', 'sh', '-c', network, 'sh'],
  });
}, 60_000);

afterAll(async () => {
  await plugin.end('SIGTERM');
  built.remove();
  unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

describe('a server that is away', () => {
  test.each([
    ['refuses', /192\.0\.2\.1 refused the connection on port 2049/],
    ['swallows', /nothing came back from 192\.0\.2\.5 port 2049 within 2 s/],
    ['nameless', /the name "no-such-host\.invalid" cannot be resolved/],
  ])('%s: Create ends soon and says what is so, and the other volumes are listed at once', async (label, words) => {
    const creating = seconds(async () => {
      expect((await plugin.create(`new@${label}`)).Err).toMatch(words);
    });
    const listing = await seconds(async () => expect(await plugin.list()).toEqual(['here@good']));
    const took = await creating;
    process.stdout.write(`${label}: Create ${took.toFixed(2)} s, List meanwhile ${listing.toFixed(3)} s\n`);
    // Far above what is seen, so that a busy machine does not fail it, and below what Docker waits.
    expect(listing).toBeLessThan(1.5);
    expect(took).toBeLessThan(15);
    expect((await plugin.get(`new@${label}`)).Err).toMatch(words);
  });

  test('a folder of it that is to be a volume by itself is refused as soon, in words, and nothing is kept', async () => {
    const options = { type: 'nfs', o: 'addr=192.0.2.5,rw', device: ':/x/media' };
    const took = await seconds(async () => {
      expect((await plugin.create('media', options)).Err).toMatch(
        /^Cannot create "media": the server of "192\.0\.2\.5:\/x\/media" does not answer: nothing came back from 192\.0\.2\.5 port 2049/,
      );
    });
    expect(took).toBeLessThan(15);
    expect(await plugin.get('media')).toEqual({ Err: 'no such volume' });
    expect(await plugin.list()).toEqual(['here@good']);
  });

  test('List takes no longer beside them than without them, but for the noise of the machine', async () => {
    const beside = await seconds(() => plugin.list());
    quiet = await startDaemon(built, join(folder, 'quiet'), { remoteDirs: good() });
    await quiet.list();
    const alone = await seconds(() => quiet.list());
    await quiet.end('SIGTERM');
    process.stdout.write(`List: beside dead servers ${beside.toFixed(3)} s, without ${alone.toFixed(3)} s\n`);
    expect(beside).toBeLessThan(alone + 0.9);
  });
});

describe('a server that accepts and says nothing', () => {
  let silent: Server;
  let other: Daemon;

  beforeAll(async () => {
    silent = createServer(() => {});
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    other = await startDaemon(built, join(folder, 'other'), {
      remoteDirs: { ...good(), hangs: { type: 'nfs4', addr: '127.0.0.1', port, path: '/x' } },
    });
  });

  afterAll(async () => {
    await other.end('SIGTERM');
    silent.close();
  });

  test('is told from one that is off', async () => {
    let listing = 0;
    const creating = seconds(async () => {
      expect((await other.create('new@hangs')).Err).toMatch(/accepted the connection on port \d+ but did not answer/);
    });
    listing = await seconds(async () => expect(await other.list()).toEqual(['here@good']));
    const took = await creating;
    process.stdout.write(`hangs: Create ${took.toFixed(2)} s, List meanwhile ${listing.toFixed(3)} s\n`);
    expect(took).toBeLessThan(15);
  });
});
