// Calls again and again over some connections for a while, and how long each took.

import { openConnection } from './connection.mjs';

/** @typedef {(connection: import('./connection.mjs').Connection, turn: number) => Promise<unknown>} Act */

/**
 * Ends after `seconds` or after `most` turns, whichever comes first.
 * @param {{ socket: string, connections: number, seconds: number, most?: number, act: Act }} load
 * @returns {Promise<{ perSecond: number, times: number[] }>}
 */
export async function measureLoad({ socket, connections, seconds, most = Number.POSITIVE_INFINITY, act }) {
  /** @type {number[]} */
  const times = [];
  let turn = 0;
  const began = performance.now();
  const worker = async () => {
    const connection = openConnection(socket);
    try {
      while (turn < most && performance.now() - began < seconds * 1000) {
        const mine = turn++;
        const before = performance.now();
        await act(connection, mine);
        times.push(performance.now() - before);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { perSecond: times.length / ((performance.now() - began) / 1000), times };
}

/**
 * @param {readonly number[]} values
 * @param {number} part 0.5 is the median
 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** @param {{ perSecond: number, times: readonly number[] }} result */
export function cells({ perSecond, times }) {
  return [Math.round(perSecond).toString(), quantile(times, 0.5).toFixed(2), quantile(times, 0.99).toFixed(2)];
}
