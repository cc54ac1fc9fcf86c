// A store of so many volumes, made through the API like anybody's.

import { cells, measureLoad } from './load.mjs';

const CREATED_WITHIN = 300;

/** @param {number} at */
export const nameOf = at => `bench-${at}@local`;

/**
 * @param {string} socket
 * @param {number} size
 */
export async function fill(socket, size) {
  const result = await measureLoad({
    socket,
    connections: 16,
    seconds: CREATED_WITHIN,
    most: size,
    act: (connection, turn) => connection.call('Create', { Name: nameOf(turn), Opts: null }),
  });
  if (result.times.length < size)
    throw new Error(`only ${result.times.length} of ${size} volumes were made in ${CREATED_WITHIN} s`);
  return cells(result);
}
