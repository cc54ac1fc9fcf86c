// Resident memory of a plugin that has just started, and of one that has worked for a while.

import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from './daemon.mjs';
import { measureLoad } from './load.mjs';

const CALLS = 5000;

/**
 * @param {{ node: string, folder: string }} where
 * @returns {Promise<string[][]>}
 */
export async function measureMemory({ node, folder }) {
  const daemon = await startDaemon({ node, folder });
  try {
    await sleep(3000);
    const fresh = shown(daemon);
    await measureLoad({
      socket: daemon.socket,
      connections: 4,
      seconds: 300,
      most: CALLS / round.length,
      act: oneRound,
    });
    await sleep(1000);
    return [
      ['resident memory, fresh (of that not mapped from a file)', fresh],
      [`resident memory after ${CALLS} calls of all kinds`, shown(daemon)],
    ];
  } finally {
    await daemon.stop();
  }
}

/** @type {[string, (turn: number) => object][]} */
const round = [
  ['Get', turn => ({ Name: name(turn) })],
  ['Create', turn => ({ Name: name(turn), Opts: { mode: '0750' } })],
  ['Get', turn => ({ Name: name(turn) })],
  ['Capabilities', () => ({})],
  ['Mount', turn => ({ Name: name(turn), ID: `memory-${turn}` })],
  ['Path', turn => ({ Name: name(turn) })],
  ['Unmount', turn => ({ Name: name(turn), ID: `memory-${turn}` })],
  ['List', () => ({})],
  ['Get', turn => ({ Name: name(turn) })],
  ['Remove', turn => ({ Name: name(turn) })],
];

/** @type {import('./load.mjs').Act} */
async function oneRound(connection, turn) {
  for (const [method, body] of round) {
    await connection.call(method, body(turn)).catch((/** @type {Error} */ error) => {
      // Docker, too, asks first whether there is such a volume.
      if (error.message !== 'no such volume') throw error;
    });
  }
}

const name = (/** @type {number} */ turn) => `memory-${turn}@local`;

/** @param {import('./daemon.mjs').Daemon} daemon */
const shown = daemon => `${daemon.residentMb()} MB (${daemon.ownMb()})`;
