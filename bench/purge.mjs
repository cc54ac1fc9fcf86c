// npm run bench:purge -- --files=1000000: what removing a volume with very many files costs those who use the share
// meanwhile. Not a part of make bench: a million files take minutes to make. --kills=2: the daemon is killed twice meanwhile.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openConnection } from './connection.mjs';
import { nodeToMeasure, startDaemon } from './daemon.mjs';
import { machineLine, table } from './table.mjs';

const FILES_PER_FOLDER = 1000;
const WRITES_EVERY_MS = 20;
const BEFORE_MS = 20_000;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '0' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [files, kills] = [Number(values.files), Number(values.kills)];
const top = mkdtempSync(join(values.folder, 'nfs-shared-purge-'));
process.once('exit', () => rmSync(top, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const node = nodeToMeasure();
let daemon = await startDaemon({ node, folder: top });
try {
  await docker('Create', { Name: 'big@local', Opts: { 'on-remove': 'delete' } });
  await docker('Create', { Name: 'small@local', Opts: null });
  const share = join(top, 'local');
  fill(join(share, 'big'));
  const before = await writeUntil(join(share, 'small'), since => since > BEFORE_MS);
  const removing = performance.now();
  await docker('Remove', { Name: 'big@local' });
  const answered = performance.now() - removing;
  const trash = join(share, '.nfs-shared/trash');
  const during = [];
  for (let done = 0; done < kills; done += 1) {
    const few = Math.ceil((files / FILES_PER_FOLDER) * (1 - (done + 1) / (kills + 1)));
    during.push(...(await writeUntil(join(share, 'small'), () => foldersLeft(trash) <= few)));
    await daemon.kill();
    process.stdout.write(`killed -9 with ${foldersLeft(trash)} folders of ${FILES_PER_FOLDER} files left\n`);
    daemon = await startDaemon({ node, folder: top });
  }
  during.push(...(await writeUntil(join(share, 'small'), () => readdirSync(trash).length === 0)));
  const seconds = (performance.now() - removing) / 1000;
  process.stdout.write(`${machineLine(node)}\n\n`);
  process.stdout.write(
    table(
      ['what', 'figure'],
      [
        [`docker volume rm of ${files} files, answered after`, `${answered.toFixed(0)} ms`],
        ['all of them deleted after', `${seconds.toFixed(0)} s (${Math.round(files / seconds)} a second)`],
        ['a small write with fsync beside it, before: median, p99, slowest', figures(before)],
        ['the same while they are deleted', figures(during)],
      ],
    ),
  );
} finally {
  await daemon.stop();
}

/** @param {string} trash */
function foldersLeft(trash) {
  const [entry = ''] = readdirSync(trash);
  const data = join(trash, entry, 'data');
  return entry !== '' && existsSync(data) ? readdirSync(data).length : 0;
}

/**
 * Over a connection of its own: the minutes in between are longer than one is kept.
 *
 * @param {string} method
 * @param {object} body
 */
async function docker(method, body) {
  const connection = openConnection(daemon.socket);
  await connection.call(method, body);
  connection.close();
}

/** @param {string} folder */
function fill(folder) {
  for (let made = 0; made < files; ) {
    const at = join(folder, `d${made / FILES_PER_FOLDER}`);
    mkdirSync(at);
    for (let n = 0; n < FILES_PER_FOLDER && made < files; n += 1, made += 1) {
      const fd = openSync(join(at, `file-${n}`), 'w');
      writeSync(fd, 'x');
      closeSync(fd);
    }
  }
}

/**
 * @param {string} folder
 * @param {(milliseconds: number) => boolean} isOver
 */
async function writeUntil(folder, isOver) {
  if (!existsSync(folder)) throw new Error(`${folder} is not there`);
  const began = performance.now();
  const times = [];
  while (!isOver(performance.now() - began)) {
    const before = performance.now();
    const fd = openSync(join(folder, 'log'), 'a');
    writeSync(fd, 'a line of a log\n');
    fsyncSync(fd);
    closeSync(fd);
    times.push(performance.now() - before);
    await sleep(WRITES_EVERY_MS);
  }
  return times;
}

/** @param {number[]} times */
function figures(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1);
  return `${at(0.5)} ms, ${at(0.99)} ms, ${at(1)} ms (${times.length} writes)`;
}
