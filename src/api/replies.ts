// What Docker understands: status 200 and one JSON object, always. Anything else it repeats, or takes for a missing volume.

import type { Response } from 'express';
import { Failure, isFailure, printable, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';

const CONTENT_TYPE = 'application/vnd.docker.plugins.v1.2+json';

export function answer(response: Response, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Content-Length': Buffer.byteLength(text) });
  response.end(`${text}`);
}

/** The sentence the user reads: what was tried, on which volume, and what is so. */
export function sentenceOf(verb: string, name: string | undefined, error: unknown): string {
  const failure =
    error instanceof Failure ? error : new Failure('Unexpected', { problem: reasonOf(error) }, { cause: error });
  // Docker puts "get NAME:" before this one itself, and other tools compare the words.
  if (isFailure(failure, 'NoSuchVolume') && verb === 'look up') return failure.message;
  return `Cannot ${verb}${name === undefined ? '' : ` "${printable(name)}"`}: ${failure.message}`;
}

export function logFailure(log: Logger, verb: string, name: string | undefined, error: unknown): void {
  const volume = name === undefined ? undefined : printable(name);
  if (isFailure(error, 'NoSuchVolume')) log.debug({ verb, volume }, 'no such volume');
  else if (error instanceof Failure && error.code !== 'Unexpected')
    log.warn({ verb, volume, code: error.code, problem: error.message, cause: reasonOf(error.cause) }, 'refused');
  else log.error({ verb, volume, err: error }, 'failed');
}

/** Every call leaves one line, so that a log says how long Docker was kept waiting. */
export function logAnswer(log: Logger, verb: string, name: string | undefined, milliseconds: number): void {
  log.debug(
    { verb, volume: name === undefined ? undefined : printable(name), ms: Math.round(milliseconds) },
    'answered',
  );
}
