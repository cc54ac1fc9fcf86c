// One daemon to be measured, started as the managed plugin starts it.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const top = join(import.meta.dirname, '..');
const bundle = join(top, 'dist', 'nfs-shared.mjs');
const plugin = JSON.parse(readFileSync(join(top, 'config.json'), 'utf8'));
const LISTENS_WITHIN = 10_000;
const ENDS_WITHIN = 5000;

/**
 * @typedef {object} Daemon
 * @property {string} socket
 * @property {number} startedIn milliseconds from the start of the process until its socket takes a connection
 * @property {() => number} residentMb
 * @property {() => number} ownMb the part of it that is not mapped from a file
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill as kill -9 does
 */

/**
 * @param {{ node: string, folder: string }} where
 * @returns {Promise<Daemon>}
 */
export async function startDaemon({ node, folder }) {
  if (!existsSync(bundle)) throw new Error(`${bundle} is not there; make it with: make build`);
  mkdirSync(join(folder, 'local'), { recursive: true });
  const socket = join(folder, 'nfs-shared.sock');
  const places = { socket, root: join(folder, 'root'), run: join(folder, 'run'), local: join(folder, 'local') };
  const options = Object.entries({ ...places, config: '/dev/null' }).flatMap(([name, path]) => [`--${name}`, path]);
  const log = openSync(join(folder, 'log'), 'a');
  const before = performance.now();
  // unshare becomes the daemon, so the process id stays; its mounts end with it.
  const child = spawn('unshare', [...namespace(), node, ...nodeFlags(), bundle, 'daemon', ...options], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], ...poolSize() },
  });
  closeSync(log);
  /** @type {Promise<void>} */
  const ended = new Promise(resolve => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = () => void child.kill('SIGKILL');
  process.prependOnceListener('exit', kill);
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(kill, ENDS_WITHIN);
    await ended;
    clearTimeout(late);
    process.off('exit', kill);
  };
  const killNow = async () => {
    kill();
    await ended;
    process.off('exit', kill);
  };
  try {
    await listens(
      socket,
      before,
      () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    );
  } catch (error) {
    await stop();
    throw new Error(`the daemon does not run: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`, {
      cause: error,
    });
  }
  return {
    socket,
    startedIn: performance.now() - before,
    residentMb: () => statusMb(child.pid, 'VmRSS'),
    ownMb: () => statusMb(child.pid, 'RssAnon'),
    stop,
    kill: killNow,
  };
}

/** The node of the plugin's root file system where that has been made and runs here, else the one that runs this. */
export function nodeToMeasure() {
  const own = join(top, 'plugin', 'rootfs', 'usr', 'bin', 'node');
  return spawnSync(own, ['--version'], { timeout: 5000 }).status === 0 ? own : process.execPath;
}

const nodeFlags = () => plugin.entrypoint.filter((/** @type {string} */ word) => /^--(max|no|v8|jitless)/.test(word));

const poolSize = () =>
  Object.fromEntries(
    plugin.env
      .filter((/** @type {{ value: unknown }} */ { value }) => value !== null)
      .map((/** @type {{ name: string, value: string }} */ { name, value }) => [name, value]),
  );

const namespace = () => (process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']);

/**
 * @param {string} socket
 * @param {number} since
 * @param {() => boolean} lives
 */
async function listens(socket, since, lives) {
  while (!(await answers(socket))) {
    if (!lives()) throw new Error('it has ended');
    if (performance.now() - since > LISTENS_WITHIN) throw new Error('it does not listen');
    await sleep(1);
  }
}

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
function answers(path) {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * @param {number | undefined} pid
 * @param {string} field
 */
function statusMb(pid, field) {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
