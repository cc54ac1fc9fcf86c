// The nine calls of Docker's volume plugin protocol on one screen. Nothing is decided here.

import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import { Failure } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { VolumeVerbs } from '../volumes/all-volumes.ts';
import type { Operator } from '../volumes/operator.ts';
import { addOperatorCalls } from './operator-api.ts';
import { answer, logAnswer, logFailure, sentenceOf } from './replies.ts';
import { createRequest, mountRequest, namedRequest } from './requests.ts';

export interface AppParts {
  readonly volumes: VolumeVerbs;
  readonly scope: 'global' | 'local';
  readonly operator: Operator;
  /** Of all remote dirs there are */
  readonly labels: () => string[];
  readonly log: Logger;
}

export function makeApp({ volumes, scope, operator, labels, log }: AppParts): Express {
  const app = express();
  app.disable('etag').disable('x-powered-by');
  // Docker sends no Content-Type; without this the body would stay unread.
  app.use(express.json({ type: () => true, limit: '2mb', strict: false }));

  // Docker takes every answer without a volume for "there is none", and forgets the volume: its rm then says that it has
  // removed it, and its run makes a local one of that name. Only a lost connection tells it that nothing is known.
  app.post('/VolumeDriver.Get', (request: Request, _response: Response, next: NextFunction) => {
    if (!isEmpty(request)) return next();
    log.info({ verb: 'look up' }, 'the engine has repeated a call and lost the name on the way: not answered');
    request.socket.destroy();
  });

  const call = (path: string, verb: string, act: (body: unknown) => Promise<object> | object) =>
    app.post(path, async (request: Request, response: Response) => {
      const body: unknown = request.body ?? {};
      const started = performance.now();
      try {
        answer(response, await act(body));
      } catch (error) {
        const name = nameIn(body);
        logFailure(log, verb, name, error);
        answer(response, { Err: sentenceOf(verb, name, error) });
      }
      logAnswer(log, verb, nameIn(body), performance.now() - started);
    });

  call('/Plugin.Activate', 'activate', () => ({ Implements: ['VolumeDriver'] }));
  call('/VolumeDriver.Capabilities', 'tell capabilities', () => ({ Capabilities: { Scope: scope } }));
  call('/VolumeDriver.Create', 'create', async body => {
    const { name, options } = createRequest(body);
    await volumes.create(name, options);
    return {};
  });
  call('/VolumeDriver.Remove', 'remove', async body => {
    await volumes.remove(namedRequest(body).name);
    return {};
  });
  call('/VolumeDriver.Mount', 'mount', async body => {
    const { name, id } = mountRequest(body);
    return { Mountpoint: await volumes.mount(name, id) };
  });
  call('/VolumeDriver.Unmount', 'unmount', body => {
    const { name, id } = mountRequest(body);
    volumes.unmount(name, id);
    return {};
  });
  call('/VolumeDriver.Path', 'tell the path of', body => ({ Mountpoint: volumes.path(namedRequest(body).name) }));
  call('/VolumeDriver.Get', 'look up', async body => {
    const volume = await volumes.get(namedRequest(body).name);
    if (volume === undefined) throw new Failure('NoSuchVolume', {});
    const { name, mountpoint, createdAt, status } = volume;
    return {
      Volume: {
        Name: name,
        Mountpoint: mountpoint,
        ...(createdAt === undefined ? {} : { CreatedAt: createdAt }),
        Status: status,
      },
    };
  });
  call('/VolumeDriver.List', 'list', async () => ({
    Volumes: (await volumes.list()).map(({ name, mountpoint }) => ({ Name: name, Mountpoint: mountpoint })),
  }));

  addOperatorCalls(app, operator, labels, log);
  app.use((request: Request, response: Response) => {
    answer(response, {
      Err: sentenceOf(
        'answer',
        undefined,
        new Failure('InvalidRequest', { problem: `there is no call ${request.method} ${request.path.slice(0, 100)}` }),
      ),
    });
  });
  const unreadable: ErrorRequestHandler = (error: Error, _request, response, _next) => {
    log.warn({ problem: error.message.slice(0, 200) }, 'a request could not be read');
    answer(response, {
      Err: sentenceOf('answer', undefined, new Failure('InvalidRequest', { problem: error.message.slice(0, 200) })),
    });
  };
  app.use(unreadable);
  return app;
}

function isEmpty({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

function nameIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('Name' in body)) return undefined;
  return typeof body.Name === 'string' ? body.Name : undefined;
}
