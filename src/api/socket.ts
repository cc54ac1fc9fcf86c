// Owns the unix socket: a stale one is replaced, only root may connect, and a connection is never cut by us, because Go
// repeats the call it was about to send with an empty body.

import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { errnoOf } from '../errors.ts';

export interface Listening {
  close(): void;
}

export async function listenOn(path: string, handler: RequestListener): Promise<Listening> {
  mkdirSync(dirname(path), { recursive: true });
  await removeStale(path);
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, handler);
  server.timeout = 0;
  await listen(server, path);
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
      removeOwn(path);
    },
  };
}

/** A socket that still answers belongs to a plugin that still runs: taking it away would leave two at work on one state. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Error(`${path} is in the way and no socket; move it, or say another path with --socket`);
  if (await answers(path))
    throw new Error(`another plugin already listens on ${path}; stop it first, or say another path with --socket`);
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    // EAGAIN, for one, is a plugin with more callers than it can take in.
    socket.once('error', error => end(!['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '')));
    socket.setTimeout(1000, () => end(true));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The mask, not a later chmod, so that there is no moment in which others may connect.
    const mask = process.umask(0o177);
    server.once('error', reject);
    server.listen(path, () => {
      process.umask(mask);
      chmodSync(path, 0o600);
      server.off('error', reject);
      resolve();
    });
  });
}

function removeOwn(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // the engine removes it too
  }
}
