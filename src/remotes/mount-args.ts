// The mount options of one remote dir: how they are written, what they say about type and port, and what speaks against them.

import { asksForV3 } from '../drivers/nfs-args.ts';
import { driverFor, driverTypes } from '../drivers/registry.ts';
import { printable } from '../errors.ts';
import type { RemoteDirType } from './remote-dir.ts';

/** `-o vers=4.2,noatime`, `vers=4.2,noatime` or a list of them, one by one. What stands in double quotes is not cut. */
export function argsOf(value: unknown): string[] {
  const texts = Array.isArray(value)
    ? value.filter(item => typeof item === 'string')
    : typeof value === 'string'
      ? (value.match(/(?:[^,"]|"[^"]*"?)+/g) ?? [])
      : [];
  return [...new Set(texts.map(text => text.trim().replace(/^-o\s*/, '')).filter(text => text !== ''))];
}

/** The type in force for what is written: `nfs` and no type at all leave it to the options, and `smb` is another word for cifs. */
export function typeOf(
  type: string | undefined,
  addr: string | undefined,
  args: readonly string[],
): RemoteDirType | undefined {
  const known = driverTypes.find(each => each === type);
  if (known !== undefined) return known;
  if (type === 'smb') return 'cifs';
  if (type === undefined && addr === undefined) return undefined;
  return asksForV3(args) ? 'nfs3' : 'nfs4';
}

/** A port among the mount options is the port, else the probe would knock at another one than the mount. */
export function takePort(port: number | undefined, args: readonly string[], fault: (problem: string) => void) {
  const isPort = (arg: string) => arg.startsWith('port=');
  const [asked] = args.filter(isPort);
  const rest = args.filter(arg => !isPort(arg));
  if (asked === undefined) return { port, args: rest };
  const value = /^port=[1-9]\d{0,4}$/.test(asked) ? Number(asked.slice(5)) : undefined;
  if (value === undefined || value > 65535)
    fault(`mount option "${printable(asked)}" is not a port; expected a whole number from 1 to 65535`);
  else if (args.filter(isPort).length > 1 || (port !== undefined && port !== value))
    fault('it names another port than "port" or than itself; keep one');
  return { port: value ?? port, args: rest };
}

export function argFaults(type: RemoteDirType, args: readonly string[]): string[] {
  const { refuseArg, conflicts } = driverFor(type);
  const refusals = args.flatMap(arg => {
    const why = refuseArg(arg);
    return why === undefined ? [] : [`mount option "${shown(arg)}" ${why}`];
  });
  return refusals.length > 0 ? refusals : conflicts(args);
}

// What somebody meant for another protocol may be a password.
const shown = (arg: string) => (/pass|pw|cred|secret|user/i.test(arg) ? '(hidden)' : printable(arg));
