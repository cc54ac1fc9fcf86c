// Talks to a plugin as the engine does: POST over a unix socket, one JSON object each way, no Content-Type.

import request from 'supertest';

export type Answer = Readonly<Record<string, unknown>> & { readonly Err?: string };

/** Throws unless the answer is what an engine understands: status 200 and a JSON object. */
export async function post(socket: string, path: string, body: string | undefined): Promise<Answer> {
  const asked = request(`http+unix://${encodeURIComponent(socket)}`).post(path);
  // The library would call a text a form; an engine says nothing about what it sends.
  if (body !== undefined) asked.send(body).unset('Content-Type');
  const response = await asked.buffer(true).parse((res, done) => {
    const parts: Buffer[] = [];
    res.on('data', (part: Buffer) => parts.push(part));
    res.on('end', () => done(null, Buffer.concat(parts).toString('utf8')));
  });
  if (response.status !== 200) throw new Error(`${path} was answered with status ${response.status}`);
  const answer: unknown = JSON.parse(response.body as string);
  if (typeof answer !== 'object' || answer === null) throw new Error(`${path} was answered with ${String(answer)}`);
  return answer as Answer;
}

export interface Engine {
  readonly call: (verb: string, body?: object) => Promise<Answer>;
  readonly create: (name: string, options?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly remove: (name: string) => Promise<Answer>;
  readonly mount: (name: string, id: string) => Promise<Answer>;
  readonly unmount: (name: string, id: string) => Promise<Answer>;
  readonly get: (name: string) => Promise<ShownAnswer>;
  readonly list: () => Promise<string[]>;
}

export interface ShownAnswer {
  readonly Err?: string;
  readonly Volume?: {
    readonly Name: string;
    readonly Mountpoint: string;
    readonly CreatedAt?: string;
    readonly Status: Readonly<Record<string, unknown>>;
  };
}

export function engineOn(socket: string): Engine {
  const call = (verb: string, body: object = {}) => post(socket, `/VolumeDriver.${verb}`, `${JSON.stringify(body)}\n`);
  return {
    call,
    create: (Name, options) => call('Create', { Name, Opts: options ?? null }),
    remove: Name => call('Remove', { Name }),
    mount: (Name, ID) => call('Mount', { Name, ID }),
    unmount: (Name, ID) => call('Unmount', { Name, ID }),
    get: async Name => (await call('Get', { Name })) as ShownAnswer,
    list: async () => {
      const { Volumes, Err } = (await call('List')) as { Volumes?: { Name: string }[]; Err?: string };
      if (Volumes === undefined) throw new Error(`no list: ${Err}`);
      return Volumes.map(({ Name }) => Name).sort();
    },
  };
}
