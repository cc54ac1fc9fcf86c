// Calls of Docker and of the operator over one kept connection after the other: a hundred thousand of them in minutes.

import { Agent, request } from 'node:http';

export interface Answer {
  /** '' when it has worked */
  readonly refusal: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export class PluginCalls {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async docker(verb: string, body: object): Promise<Answer> {
    const { status, body: answer } = await this.#call('POST', `/VolumeDriver.${verb}`, body);
    if (status !== 200) throw new Error(`${verb} was answered with status ${status}`);
    const { Err } = answer;
    return { refusal: typeof Err === 'string' ? Err : '', body: answer };
  }

  async operator(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const { status, body: answer } = await this.#call(method, `/nfs-shared/v1${path}`, body);
    if (status === 200) return { refusal: '', body: answer };
    return { refusal: String((answer['error'] as { message?: unknown } | undefined)?.message ?? status), body: answer };
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body: object = {}): Promise<{ status: number; body: Answer['body'] }> {
    return new Promise((resolve, reject) => {
      const text = method === 'GET' ? '' : JSON.stringify(body);
      const headers = { 'content-length': Buffer.byteLength(text) };
      const call = request({ socketPath: this.#socketPath, agent: this.#agent, method, path, headers }, response => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const answer = JSON.parse(Buffer.concat(parts).toString('utf8')) as Answer['body'];
          resolve({ status: response.statusCode ?? 0, body: answer });
        });
      });
      call.on('error', reject);
      call.end(text);
    });
  }
}
