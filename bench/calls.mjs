// Calls per second, and how long one takes, in a store of so many volumes. A Mount with its Unmount counts as one.

import { cells, measureLoad } from './load.mjs';
import { nameOf } from './volumes.mjs';

const SECONDS = 3;

/**
 * @param {string} socket
 * @param {number} size
 * @param {number} connections
 * @returns {Promise<string[][]>}
 */
export async function measureCalls(socket, size, connections) {
  // A step that meets every volume before it meets one again, and never two neighbours.
  const any = (/** @type {number} */ turn) => nameOf((turn * 7919) % size);
  /** @type {[string, import('./load.mjs').Act][]} */
  const parts = [
    ['Capabilities', connection => connection.call('Capabilities', {})],
    ['Get', (connection, turn) => connection.call('Get', { Name: any(turn) })],
    ['Mount+Unmount, the same 16 volumes', (connection, turn) => mountOnce(connection, nameOf(turn % 16), turn)],
    ['Mount+Unmount, any volume', (connection, turn) => mountOnce(connection, any(turn), turn)],
    ['List', connection => connection.call('List', {})],
  ];
  const rows = [];
  for (const [name, act] of parts) {
    const result = await measureLoad({ socket, connections, seconds: SECONDS, act });
    rows.push([name, String(size), String(connections), ...cells(result)]);
  }
  return rows;
}

/**
 * @param {import('./connection.mjs').Connection} connection
 * @param {string} name
 * @param {number} turn
 */
async function mountOnce(connection, name, turn) {
  const request = { Name: name, ID: `bench-${turn}` };
  await connection.call('Mount', request);
  await connection.call('Unmount', request);
}
