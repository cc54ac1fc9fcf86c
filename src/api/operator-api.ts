// The calls of the command line, on the socket that Docker uses too: only root can reach it. Errors have a status of their
// own here, unlike Docker's calls.

import express, { type Express, type Request, type Response } from 'express';
import { Failure, isFailure, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Operator } from '../volumes/operator.ts';

export const OPERATOR_PATH = '/nfs-shared/v1';

export function addOperatorCalls(app: Express, operator: Operator, labels: () => string[], log: Logger): void {
  const router = express.Router();
  const answer = (method: 'get' | 'post', path: string, act: (body: Body) => Promise<unknown>) =>
    router[method](path, async (request: Request, response: Response) => {
      try {
        response.json(await act(method === 'get' ? request.query : bodyOf(request)));
      } catch (error) {
        const code = isFailure(error) ? error.code : 'Unexpected';
        log.warn({ path, code, problem: reasonOf(error) }, 'refused');
        response.status(code === 'Unexpected' ? 500 : 409).json({ error: { code, message: reasonOf(error) } });
      }
    });
  const ofLabels = async <T>(body: Body, act: (label: string) => Promise<T[]>): Promise<T[]> => {
    const wanted = optional(body, 'label');
    return (await Promise.all((wanted === undefined ? labels() : [wanted]).map(act))).flat();
  };

  answer('get', '/trash', body => ofLabels(body, label => operator.trash(label)));
  answer('post', '/trash/restore', async body => ({
    volume: await operator.restore(text(body, 'label'), text(body, 'entry'), optional(body, 'name')),
  }));
  answer('post', '/trash/purge', async body => {
    await operator.purge(text(body, 'label'), text(body, 'entry'));
    return {};
  });
  answer('get', '/attachments', body => ofLabels(body, label => operator.attachments(label)));
  answer('post', '/attachments/release', async body => ({
    volumes: await operator.release(text(body, 'label'), text(body, 'host')),
  }));
  answer('post', '/dirs/accept', async body => ({ shareId: await operator.accept(text(body, 'label')) }));
  app.use(OPERATOR_PATH, router);
}

type Body = Readonly<Record<string, unknown>>;

function bodyOf(request: Request): Body {
  const body: unknown = request.body;
  return typeof body === 'object' && body !== null ? (body as Body) : {};
}

function optional(body: Body, key: string): string | undefined {
  const value = body[key];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Failure('InvalidRequest', { problem: `${key} is not a text` });
  return value;
}

function text(body: Body, key: string): string {
  const value = optional(body, key);
  if (value === undefined) throw new Failure('InvalidRequest', { problem: `${key} is missing` });
  return value;
}
