// From the settings of one remote dir, as somebody wrote them, to a RemoteDir or to everything that is wrong with them.

import { driverFor } from '../drivers/registry.ts';
import { printable } from '../errors.ts';
import { DURATION_WORDS, parseDuration } from '../settings.ts';
import { efsFaults } from './efs-settings.ts';
import { loginOf } from './login.ts';
import { argFaults, argsOf, takePort, typeOf } from './mount-args.ts';
import type { OnRemove, Origin, RemoteDir, RemoteDirType } from './remote-dir.ts';
import { schemaFaults } from './schema.ts';
import { checkAddrs } from './server-addr.ts';
import { remoteDirKeys } from './setting-keys.ts';
import { type CheckedPath, checkPath, checkVolPath } from './share-path.ts';
import { tlsOf } from './tls-settings.ts';

export interface RemovalDefaults {
  readonly onRemove: OnRemove;
  /** Seconds. */
  readonly trashFor: number;
}

/** What is written under a label, before anything is known of it; keys are those of the config file. */
export type RawSettings = Readonly<Record<string, unknown>>;

export type CheckedSettings = { readonly dir: RemoteDir } | { readonly faults: readonly string[] };

/** `place` goes in front of the key in each fault: `RemoteDirs.nas.` gives `RemoteDirs.nas.uid: expected …`. */
export function checkSettings(
  label: string,
  raw: unknown,
  place: string,
  origin: Origin,
  defaults: RemovalDefaults,
): CheckedSettings {
  const ill = schemaFaults({ RemoteDirs: { [label]: raw } }).map(fault => ({
    path: fault.path.slice(2),
    problem: fault.problem,
  }));
  const faults = ill.map(({ path, problem }) => `${placeOf(place, path)}: ${problem}`);
  if (ill.some(({ path }) => path.length === 0)) return { faults };
  const fault = (key: string, problem: string) => void faults.push(`${place}${key}: ${problem}`);

  // A key that the schema refused is not asked a second time.
  const refused = new Set(ill.map(({ path }) => path[0]));
  const settings = typeof raw === 'object' && raw !== null ? (raw as RawSettings) : {};
  const text = (key: string) => (refused.has(key) || typeof settings[key] !== 'string' ? undefined : settings[key]);
  const number = (key: string) => (refused.has(key) || typeof settings[key] !== 'number' ? undefined : settings[key]);
  const flag = (key: string) => (refused.has(key) || typeof settings[key] !== 'boolean' ? undefined : settings[key]);
  const path = (key: string, checked: CheckedPath) => {
    if ('path' in checked) return checked.path;
    fault(key, checked.fault);
    return '';
  };

  const mountArgs = refused.has('args') ? [] : argsOf(settings['args']);
  const { port, args } = takePort(number('port'), mountArgs, problem => fault('args', problem));
  const addrTexts = refused.has('addr') ? undefined : addrTextsOf(settings['addr']);
  const type = refused.has('type')
    ? undefined
    : typeOf(text('type'), addrTexts?.[0] ?? (refused.has('addr') ? '' : undefined), args);
  if (type === undefined && !refused.has('type')) fault('type', `missing; expected ${remoteDirKeys.type.expected}`);
  const addrs =
    type === undefined ? [] : addrsIn(type, addrTexts, refused.has('addr'), problem => fault('addr', problem));
  if (type !== undefined) {
    for (const problem of argFaults(type, args)) fault('args', problem);
    if (port !== undefined && !driverFor(type).needsAddr) fault('port', 'a local remote dir has none; leave it out');
  }
  const sharePath = path('path', checkPath(text('path') ?? '/'));
  const volPath = path('vol-path', checkVolPath(text('vol-path') ?? ''));
  const trashFor =
    settings['trashFor'] === undefined || refused.has('trashFor') ? defaults.trashFor : secondsOf(settings['trashFor']);
  if (trashFor === undefined) fault('trashFor', `expected ${DURATION_WORDS}`);
  const [uid, gid] = [number('uid'), number('gid')];
  const login = loginOf(text, origin, type, (key, problem) => {
    if (!refused.has(key)) fault(key, problem);
  });

  const [region, accessPoint] = [text('region'), text('access-point')];
  const given = { tls: flag('tls'), name: text('tls-name'), ca: text('tls-ca'), verify: flag('tls-verify') };
  const tls = type === undefined ? undefined : tlsOf(given, type, fault);
  // What was refused already is not asked for a second time.
  if (type !== undefined && !['addr', 'region', 'access-point'].some(key => refused.has(key)))
    efsFaults({ addrs, region, accessPoint, tls }, type, fault);

  if (faults.length > 0 || type === undefined || trashFor === undefined) return { faults };
  const dir: RemoteDir = Object.freeze({
    label,
    type,
    ...(addrs[0] === undefined ? {} : { addr: addrs[0] }),
    ...(addrs.length > 1 ? { addrs: Object.freeze(addrs) } : {}),
    ...(port === undefined ? {} : { port }),
    ...(region === undefined ? {} : { region }),
    ...(accessPoint === undefined ? {} : { accessPoint }),
    ...(tls === undefined ? {} : { tls: Object.freeze(tls) }),
    ...(login === undefined ? {} : { login }),
    path: sharePath,
    volPath,
    args: Object.freeze(args),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(settings['adopt'] === 'all' ? { adopt: 'all' as const } : {}),
    ...(settings['readOnly'] === true ? { readOnly: true as const } : {}),
    onRemove: (text('onRemove') as OnRemove | undefined) ?? defaults.onRemove,
    trashFor,
    origin,
  });
  if (dir.readOnly === true && args.includes('rw'))
    fault('args', 'mount option "rw" is the contrary of the setting readOnly; keep one of them');
  for (const { key, problem } of driverFor(type).faults?.(dir) ?? []) fault(key, problem);
  return faults.length > 0 ? { faults } : { dir };
}

function addrTextsOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.filter(item => typeof item === 'string');
  return typeof value === 'string' ? [value] : undefined;
}

function addrsIn(
  type: RemoteDirType,
  texts: readonly string[] | undefined,
  refused: boolean,
  fault: (problem: string) => void,
): readonly string[] {
  const { needsAddr } = driverFor(type);
  if (texts === undefined) {
    if (needsAddr && !refused) fault(`missing; expected the host name or address of the ${type} server`);
    return [];
  }
  if (!needsAddr) fault(`a ${type} remote dir has none; leave it out`);
  const checked = checkAddrs(texts);
  if ('addrs' in checked && checked.addrs.length <= MOST_ADDRESSES) return needsAddr ? checked.addrs : [];
  if (!needsAddr) return [];
  if ('addrs' in checked) fault(`expected at most ${MOST_ADDRESSES} addresses, found ${checked.addrs.length}`);
  // Somebody's password may stand in front of the @.
  else
    fault(
      `expected a host name or address, found ${texts.join().includes('@') ? 'one with a user name in it' : `"${printable(checked.ill)}"`}`,
    );
  return [];
}

/** All are asked at once, and each answer is waited for. */
const MOST_ADDRESSES = 8;

const secondsOf = (value: unknown) =>
  typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : undefined;

const isIndex = (part: string) => /^\d+$/.test(part);

/** `RemoteDirs.nas.args[1]`; of the settings as a whole, the place itself. */
function placeOf(place: string, path: readonly string[]): string {
  if (path.length === 0) return place.replace(/\.$/, '');
  return place + path.map((part, at) => (at > 0 && isIndex(part) ? `[${part}]` : printable(part))).join('');
}
