// The settings as they may be written: the JSON Schema, published as it stands, and its errors in words. What a schema cannot say (a path without "..", options that fit the type) is asked in check-settings.ts.

import { Ajv, type ErrorObject } from 'ajv';
import { driverFor, driverTypes } from '../drivers/registry.ts';
import { printable } from '../errors.ts';
import { nearest } from './near-miss.ts';
import { configKeys, type Key, remoteDirKeys } from './setting-keys.ts';

export interface SettingsFault {
  /** Keys from the outermost inwards: ['RemoteDirs', 'nas', 'uid']. */
  readonly path: readonly string[];
  readonly problem: string;
}

/** Every fault of a configuration document, in the order of its keys; a key that is at fault is named once. */
export function schemaFaults(document: unknown): SettingsFault[] {
  if (validate(document)) return [];
  const faults = new Map<string, SettingsFault>();
  for (const error of validate.errors ?? []) {
    // That a condition was not met comes beside what it asks for.
    if (error.keyword === 'if') continue;
    const fault = inWords(error);
    const place = JSON.stringify(fault.path);
    if (!faults.has(place)) faults.set(place, fault);
  }
  return [...faults.values()];
}

const properties = (keys: Readonly<Record<string, Key>>) =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, { description: key.help, ...key.schema }]));

const typesWithoutPath = driverTypes.filter(type => driverFor(type).pathIsTop === true);

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'nfs-shared configuration',
  type: 'object',
  properties: {
    ...properties(configKeys),
    RemoteDirs: {
      description: configKeys['RemoteDirs']?.help,
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: properties(remoteDirKeys),
        additionalProperties: false,
        if: { properties: { type: { enum: typesWithoutPath } }, required: ['type'] },
        else: { required: ['path'] },
      },
    },
  },
  additionalProperties: false,
};

const validate = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true }).compile(configSchema);

function inWords(error: ErrorObject): SettingsFault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  if (params.missingProperty !== undefined) {
    return {
      path: [...path, params.missingProperty],
      problem: `missing; expected ${expectedAt([...path, params.missingProperty])}`,
    };
  }
  if (params.additionalProperty !== undefined) {
    const near = nearest(params.additionalProperty, Object.keys(keysIn(path)));
    const hint = near === undefined ? `settings: ${Object.keys(keysIn(path)).join(', ')}` : `did you mean "${near}"?`;
    return { path: [...path, params.additionalProperty], problem: `there is no such setting; ${hint}` };
  }
  const [, , key = ''] = path;
  const shown = keysIn(path.slice(0, 2))[key]?.secret === true ? 'something else' : found(error.data);
  return { path, problem: `expected ${expectedAt(path)}, found ${shown}` };
}

const keysIn = (path: readonly string[]): Readonly<Record<string, Key>> =>
  path.length === 2 ? remoteDirKeys : configKeys;

function expectedAt(path: readonly string[]): string {
  const [first, , key] = path;
  if (first === undefined) return 'a map of settings';
  if (path.length === 1) return configKeys[first]?.expected ?? 'another value';
  if (key === undefined) return 'a map of settings';
  return path.length > 3 ? 'a text' : (keysIn(path.slice(0, 2))[key]?.expected ?? 'another value');
}

function found(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return String(value);
}
