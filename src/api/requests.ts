// What Docker sends, as typed requests. A body may be missing: an engine that lost the connection sends its call again with
// an empty one. Opts may be null, and a name may be anything.

import { Failure } from '../errors.ts';

export interface NamedRequest {
  readonly name: string;
}

export interface CreateRequest extends NamedRequest {
  readonly options: ReadonlyMap<string, string>;
}

export interface MountRequest extends NamedRequest {
  readonly id: string;
}

export function namedRequest(body: unknown): NamedRequest {
  return { name: textField(body, 'Name') };
}

export function createRequest(body: unknown): CreateRequest {
  return { ...namedRequest(body), options: optionsOf(field(body, 'Opts')) };
}

export function mountRequest(body: unknown): MountRequest {
  return { ...namedRequest(body), id: textField(body, 'ID') };
}

function optionsOf(options: unknown): ReadonlyMap<string, string> {
  if (options === undefined || options === null) return new Map();
  if (typeof options !== 'object' || Array.isArray(options)) throw refused('Opts is not an object');
  return new Map(
    Object.entries(options).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'string') throw refused(`option ${JSON.stringify(key.slice(0, 100))} is not a text`);
      return [key, value];
    }),
  );
}

function textField(body: unknown, key: string): string {
  const value = field(body, key);
  if (typeof value !== 'string')
    throw refused(
      `${key} is missing; the engine repeats a call without its body when the plugin was gone or slow: look whether the first one was carried out, and try again`,
    );
  return value;
}

function field(body: unknown, key: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, key)) return undefined;
  return (body as Record<string, unknown>)[key];
}

function refused(problem: string): Failure {
  return new Failure('InvalidRequest', { problem });
}
