// The engine's HTTP interface, for what the command line cannot say (odd names) or says too slowly (fifty containers).

import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class EngineApi {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async answers(): Promise<boolean> {
    return this.call('GET', '/_ping').then(
      answer => answer.status === 200,
      () => false,
    );
  }

  call(method: string, path: string, body?: unknown, timeoutMs = 60_000): Promise<Answer> {
    return callSocket(this.#socket, method, path, body === undefined ? undefined : JSON.stringify(body), timeoutMs);
  }
}

/** One HTTP call on a unix socket; the body is sent as it stands, so that a test can send one that is not JSON. */
export function callSocket(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request({ socketPath, method, path, headers, signal }, response => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString('utf8')) });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
