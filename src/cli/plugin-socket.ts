// Finds the plugin on this host and asks it something. Docker gives every plugin a folder named by its id.

import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:http';

const FOLDER = '/run/docker/plugins';
const SOCKET = 'nfs-shared.sock';
const PATH = '/nfs-shared/v1';
/** A call on a share that does not answer ends before this. */
const LIMIT_MS = 30_000;

export class CliError extends Error {}

export function findSocket(folder = FOLDER): string {
  const places = [`${folder}/${SOCKET}`, ...subfolders(folder).map(name => `${folder}/${name}/${SOCKET}`)];
  const found = places.filter(place => existsSync(place));
  const [only, ...more] = found;
  if (only === undefined)
    throw new CliError(
      `no plugin was found below ${folder}: is nfs-shared installed and enabled (docker plugin ls), and are you root? Else say where with --socket`,
    );
  if (more.length > 0)
    throw new CliError(`several plugins were found; say which one with --socket: ${found.join(', ')}`);
  return only;
}

export function ask(socketPath: string, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const call = request(
      {
        socketPath,
        method,
        path: `${PATH}${path}`,
        signal: AbortSignal.timeout(LIMIT_MS),
        headers: { 'content-length': Buffer.byteLength(text) },
      },
      response => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          settle(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8'), resolve, reject),
        );
      },
    );
    call.on('error', error => reject(new CliError(`${socketPath} does not answer: ${error.message}`)));
    call.end(text);
  });
}

function settle(status: number, text: string, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    reject(new CliError('the plugin gave an answer that is not understood; is it of another version?'));
    return;
  }
  if (status === 200) resolve(parsed);
  else reject(new CliError((parsed as { error?: { message?: string } }).error?.message ?? `status ${status}`));
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
