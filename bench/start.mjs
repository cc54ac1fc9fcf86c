// From the start of the process until its socket takes a connection: Docker gives a plugin 9.5 s, users wait for it.

import { join } from 'node:path';
import { startDaemon } from './daemon.mjs';
import { quantile } from './load.mjs';

const STARTS = 10;

/**
 * @param {{ node: string, folder: string }} where
 * @returns {Promise<string[][]>}
 */
export async function measureStart({ node, folder }) {
  /** @type {number[]} */
  const times = [];
  for (let start = 0; start < STARTS; start += 1) {
    const daemon = await startDaemon({ node, folder: join(folder, String(start)) });
    times.push(daemon.startedIn);
    await daemon.stop();
  }
  const [low, middle, high] = [0, 0.5, 1].map(part => Math.round(quantile(times, part)));
  return [[`start to listening, median of ${STARTS} (lowest to highest)`, `${middle} ms (${low} to ${high})`]];
}
