// The options of Docker's built-in driver, `type=nfs`, `o=addr=10.0.0.5,vers=4.2,rw`, `device=:/export/media`: which folder of
// which server they name, and how it is mounted.
//
// A compose file comes over with its one line `driver:` changed, so what the built-in driver takes is taken, and what it
// takes without any effect is dropped here. What would get round the plugin is refused as it is for a remote dir.

import { driverFor } from '../../drivers/registry.ts';
import { type Difference, Failure, printable } from '../../errors.ts';
import type { Login } from '../../mounts/mount-plan.ts';
import { argFaults, argsOf, takePort, typeOf } from '../../remotes/mount-args.ts';
import type { RemoteDir } from '../../remotes/remote-dir.ts';
import { checkAddr } from '../../remotes/server-addr.ts';
import { checkPath } from '../../remotes/share-path.ts';
import { volumeOptions } from '../options.ts';
import { readSmbDevice, readSmbWords, smbWords } from './smb-options.ts';

export interface DirectSettings {
  readonly type: RemoteDir['type'];
  readonly addr: string;
  readonly port: number | undefined;
  /** The folder, as the server calls it */
  readonly path: string;
  /** Of an SMB share: who we are there, and whose all files are */
  readonly login: Login | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Mount options that are passed on */
  readonly args: readonly string[];
  readonly access: 'rw' | 'ro';
  readonly group: string | undefined;
}

export type Options = ReadonlyMap<string, string>;

/** Whether these options name a folder that is a volume by itself: only these two are not those of a remote dir, too. */
export const asksForDirect = (options: Options) => options.has('device') || options.has('o');

/** Throws everything that is wrong with them at once. */
export function parseDirectOptions(options: Options): DirectSettings {
  const faults: string[] = [];
  const fault = (option: string) => (problem: string) => void faults.push(`${option}: ${problem}`);

  const given = readO(options.get('o') ?? '', fault('o'));
  const { port, args: all } = takePort(undefined, given.args, fault('o'));
  const type = readType(options.get('type'), all, fault('type'));
  const isSmb = type === 'cifs';
  const device = (isSmb ? readSmbDevice : readDevice)(options.get('device'), fault('device'));
  const { login, uid, gid, args } = isSmb ? readSmbWords(all, fault('o')) : { ...nobody, args: nfsArgs(all, type) };
  if (type !== undefined) for (const problem of argFaults(type, args)) fault('o')(problem);
  const addr = readAddr(given.addr, device.host, fault);
  const access = readAccess(given.access, options.get('access'), fault('access'));
  for (const [name, value] of options) {
    const why = whyNot(name, value);
    if (why !== undefined) fault(printable(name))(why);
  }
  if (faults.length > 0 || type === undefined || addr === undefined)
    throw new Failure('DirectOptionsInvalid', { faults });
  const { path } = device;
  const settings = { type, addr, port, path, login, uid, gid, args, access, group: options.get('group') };
  const ofPath = driverFor(type).faults?.(dirOf(settings, 'direct')) ?? [];
  for (const { key, problem } of ofPath) if (key === 'path') fault('device')(problem);
  if (faults.length > 0) throw new Failure('DirectOptionsInvalid', { faults });
  return settings;
}

/** The folder as something that drivers know how to mount. */
export function dirOf(settings: DirectSettings, label: string): RemoteDir {
  const { type, addr, port, path, login, uid, gid, args } = settings;
  const fixed = { volPath: '', onRemove: 'retain', trashFor: 0, origin: 'dynamic' } as const;
  return {
    label,
    type,
    addr,
    ...(port === undefined ? {} : { port }),
    ...(login === undefined ? {} : { login }),
    path,
    args,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...fixed,
  };
}

/** What is in force otherwise than asked for; an option that is left out asks for nothing. */
export function directDifferences(asked: Options, inForce: Options): Difference[] {
  const before = written(parseDirectOptions(inForce));
  const wanted = written(parseDirectOptions(new Map([...accessApart(inForce), ...accessApart(asked)])));
  return [...wanted].flatMap(([option, value]) => {
    const present = before.get(option) ?? '';
    return present === value ? [] : [{ option, asked: value, inForce: present }];
  });
}

/** `rw` and `ro` may stand in o or by themselves: asked for in one way, they are compared with the other. */
function accessApart(options: Options): Options {
  const words = argsOf(options.get('o') ?? '');
  const access = words.find(word => word === 'rw' || word === 'ro');
  return new Map([
    ...(access === undefined ? [] : [['access', access] as const]),
    ...options,
    ...(options.has('o') ? [['o', words.filter(word => word !== 'rw' && word !== 'ro').join(',')] as const] : []),
  ]);
}

/** One spelling of the same: mount options in any order mean the same. */
function written(settings: DirectSettings): Map<string, string> {
  const { type, addr, port, path, args, access, group } = settings;
  const ports = port === undefined ? [] : [`port=${port}`];
  return new Map([
    ['type', type],
    ['o', [`addr=${addr}`, ...ports, ...smbWords(settings), ...[...args].sort()].join(',')],
    ['device', type === 'cifs' ? `//${addr}${path}` : `:${path}`],
    ['access', access],
    ['group', group ?? 'not set'],
  ]);
}

type Fault = (problem: string) => void;

interface GivenO {
  readonly addr: string | undefined;
  readonly access: 'rw' | 'ro' | undefined;
  readonly args: readonly string[];
}

/** The kernel takes these and does nothing with them; mount helpers, which the built-in driver does not ask, would. */
export const withoutEffect = ['bg', 'fg', 'retry', 'clientaddr'];
/** NFSv4 has no others. */
export const withoutEffectOnV4 = ['lock', 'nolock'];
const nobody = { login: undefined, uid: undefined, gid: undefined };

function nfsArgs(words: readonly string[], type: RemoteDir['type'] | undefined): readonly string[] {
  return type === 'nfs3' ? words : words.filter(word => !withoutEffectOnV4.includes(word));
}

function readO(text: string, fault: Fault): GivenO {
  const words = argsOf(text);
  const addrs = words.filter(word => word.startsWith('addr=')).map(word => word.slice('addr='.length));
  const access = (['rw', 'ro'] as const).filter(word => words.includes(word));
  if (addrs.length > 1) fault('addr= stands in it more than once; keep one');
  if (access.length > 1) fault('rw and ro cannot stand together; keep one of them');
  const apart = ['addr', 'rw', 'ro', ...withoutEffect];
  const args = words.filter(word => !apart.includes(word.split('=', 1)[0] ?? ''));
  return { addr: addrs[0], access: access[0], args };
}

function readDevice(text: string | undefined, fault: Fault): { host: string | undefined; path: string } {
  const at = text?.indexOf(':/') ?? -1;
  if (text === undefined || at < 0) {
    fault(`${text === undefined ? 'missing' : 'it names no folder of a server'}; expected :/PATH or HOST:/PATH`);
    return { host: undefined, path: '/' };
  }
  const checked = checkPath(text.slice(at + 1));
  if ('fault' in checked) fault(checked.fault);
  return { host: text.slice(0, at) || undefined, path: 'path' in checked ? checked.path : '/' };
}

/** Where both are given, addr counts: it is where the kernel connects to. */
function readAddr(
  given: string | undefined,
  host: string | undefined,
  fault: (option: string) => Fault,
): string | undefined {
  const text = given ?? host;
  const [option, place] = given === undefined ? ['device', 'the host in it'] : ['o', 'addr'];
  if (text === undefined) fault('o')('addr= is missing; expected addr= with the host name or address of the server');
  const addr = text === undefined ? undefined : checkAddr(text);
  if (text !== undefined && addr === undefined) {
    // Somebody's password may stand in front of the @.
    const found = text.includes('@') ? 'one with a user name in it' : `"${printable(text)}"`;
    fault(option ?? 'o')(`${place}: expected a host name or address, found ${found}`);
  }
  return addr;
}

const TYPES = 'expected nfs, nfs4, nfs3 or cifs';
const otherTypes: ReadonlyMap<string, string> = new Map([
  ['none', `"none" is for a folder of this host, which is a volume by a remote dir of type local; ${TYPES}`],
  ['tmpfs', `"tmpfs" is no folder of a server, and stays with the built-in driver; ${TYPES}`],
]);

function readType(text: string | undefined, args: readonly string[], fault: Fault): RemoteDir['type'] | undefined {
  if (text !== undefined && ['nfs', 'nfs3', 'nfs4', 'cifs', 'smb'].includes(text)) return typeOf(text, '', args);
  if (text === 'smb3') return 'cifs';
  if (text === undefined) fault(`missing; ${TYPES}`);
  else fault(otherTypes.get(text) ?? `"${printable(text)}" is none this plugin mounts; ${TYPES}`);
  return undefined;
}

function readAccess(inO: 'rw' | 'ro' | undefined, text: string | undefined, fault: Fault): 'rw' | 'ro' {
  if (text !== undefined && text !== 'rw' && text !== 'ro') fault(`expected "rw" or "ro", found "${printable(text)}"`);
  else if (text !== undefined && inO !== undefined && text !== inO) fault(`it is ${text}, and o says ${inO}`);
  return text === 'ro' || inO === 'ro' ? 'ro' : 'rw';
}

const atServer = 'the folder keeps the owner and the permissions it has on the server; set them there';
const retained =
  'docker volume rm only forgets such a volume, and its folder always stays; expected retain, or nothing';
const unlimited = 'the folder is as large as its server lets it be; leave it out';
const reasons: ReadonlyMap<string, string> = new Map([
  ...['uid', 'gid', 'mode'].map(name => [name, atServer] as const),
  ...['size', 'Capacity'].map(name => [name, unlimited] as const),
  ['on-remove', retained],
  ['readOnly', 'that is for a remote dir; for one folder, write ro in o, or access=ro'],
  ['addr', 'the address is written in o, as addr=HOST'],
  ['port', 'the port is written in o, as port=NUMBER'],
  ['args', 'mount options are written in o'],
  ...['path', 'vol-path', 'adopt', 'remote-dir', 'VolumeStore'].map(
    name => [name, 'that is for volumes on a remote dir, and device names one folder; leave one of them out'] as const,
  ),
]);

/** All that are taken, or refused for a reason of their own. */
export const directOptionNames = ['type', 'o', 'device', 'access', 'group', ...reasons.keys()];

/** Beside device. */
function whyNot(name: string, value: string): string | undefined {
  if (['type', 'o', 'device', 'access'].includes(name)) return undefined;
  if (name === 'on-remove' && value === 'retain') return undefined;
  const { parse, expected } = volumeOptions.find(option => option.name === name) ?? {};
  if (name === 'group') return parse?.(value) === undefined ? `expected ${expected}` : undefined;
  return reasons.get(name) ?? 'there is no such option; expected type, o, device, access or group';
}
