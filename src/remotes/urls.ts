// Remote dirs in one line: nfs://HOST[,HOST…][:PORT]/PATH?uid=0&vers=4.2:LABEL, several of them separated by white space.
// Where the server asks who we are, cifs://[DOMAIN;]USER:PASSWORD@HOST/SHARE:LABEL.

import { isIPv6 } from 'node:net';
import { printable } from '../errors.ts';
import type { RawSettings } from './check-settings.ts';
import { remoteDirKeys } from './setting-keys.ts';

export type ReadUrl =
  | { readonly label: string; readonly settings: RawSettings }
  | { readonly label: string | undefined; readonly problem: string };

/** One answer an address, in their order. Whether label and settings are any good is not asked here. */
export function readUrls(text: string): ReadUrl[] {
  const words = text.split(/\s+/).filter(word => word !== '');
  return words.map((word, at) => readUrl(word, `address ${at + 1}`));
}

// No address is ever repeated in a message as a whole: people put passwords into them.
function readUrl(word: string, name: string): ReadUrl {
  const url = /^([a-z0-9]{1,20}):\/\/([^/?]*)(.*)$/i.exec(word);
  const [, scheme = '', authority = '', rest = ''] = url ?? [];
  if (url === null) return { label: undefined, problem: `${name}: expected ${EXAMPLE}` };
  if (!schemes.includes(scheme.toLowerCase())) {
    return {
      label: labelOf(rest),
      problem: `${name}: "${printable(scheme)}" is not a protocol; expected one of ${schemes.join(', ')}`,
    };
  }
  const label = labelOf(rest);
  if (label === undefined) return { label, problem: `${name}: no label at its end; expected ${EXAMPLE}` };
  const [path = '', query] = cutAt(rest.slice(0, -label.length - 1), '?');
  const ill = passwordFault(authority, path);
  if (ill !== undefined) return { label, problem: `${name}: ${ill}` };
  try {
    return { label, settings: settingsOf(scheme.toLowerCase(), authority, decodeURIComponent(path), query ?? '') };
  } catch (error) {
    if (error instanceof URIError)
      return { label, problem: `${name}: a "%" is not followed by the code of a character; write %25 for a plain "%"` };
    if (error instanceof TwiceError) return { label, problem: `${name}: ${error.message}` };
    throw error;
  }
}

/**
 * A password with a "/" or "?" in it would end the server's name early, and the rest of it would be taken for a port or a
 * path, which are shown.
 */
function passwordFault(authority: string, path: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (isIPv6(host)) return 'an IPv6 address stands in brackets here, as in nfs://[fd00::5]/export:nas';
  const { port } = hostAndPort(host);
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    return 'what follows the ":" behind the server is no port; in a password, write %2F for "/", %3F for "?" and %40 for "@"';
  return !authority.includes('@') && path.includes('@')
    ? 'there is an "@" behind the first "/"; write %40 for one in the path, and %2F for a "/" in a password'
    : undefined;
}

const EXAMPLE = 'an address such as nfs://HOST/PATH?vers=4.2:LABEL';
const schemes: readonly string[] = remoteDirKeys.type.schema.enum;

class TwiceError extends Error {}

/** The path may hold colons, and so may options (sec=krb5:sys): the label is what follows the last one. */
function labelOf(rest: string): string | undefined {
  const at = rest.lastIndexOf(':');
  const label = rest.slice(at + 1);
  // Not a label that somebody meant: the end of a path, or of a password, behind another colon.
  return at < 0 || label === '' || /[/@?]/.test(label) ? undefined : label;
}

function settingsOf(scheme: string, authority: string, path: string, query: string): RawSettings {
  const args: string[] = [];
  const ours = new Map<string, unknown>();
  for (const item of query.split('&').filter(item => item !== '')) {
    const [key = '', value] = cutAt(item, '=').map(decodeURIComponent);
    const setting = settingNames.get(key);
    if (setting === undefined) args.push(value === undefined ? key : `${key}=${value}`);
    else if (ours.has(setting)) throw new TwiceError(`"${key}" is given twice`);
    else if (flags.has(setting)) ours.set(setting, flagOr(value ?? 'true'));
    else ours.set(setting, numbers.has(setting) ? numberOr(value ?? '') : (value ?? ''));
  }
  const at = authority.lastIndexOf('@');
  const { host, port } = hostAndPort(authority.slice(at + 1));
  return {
    type: scheme,
    // Its file systems are mostly used from their top.
    ...(path === '' && scheme === 'efs' ? {} : { path }),
    ...(at < 0 ? {} : loginIn(authority.slice(0, at))),
    ...(host === '' ? {} : { addr: host }),
    ...(port === undefined ? {} : { port: numberOr(port) }),
    ...(args.length > 0 ? { args } : {}),
    ...Object.fromEntries(ours),
  };
}

function loginIn(text: string): RawSettings {
  const [name = '', password] = cutAt(text, ':');
  const [domain, user] = name.includes(';') ? cutAt(name, ';') : [undefined, name];
  const all = { domain, user, password };
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, decodeURIComponent(value)]])),
  );
}

// Any other key is a mount option.
const settingNames = new Map([
  ['uid', 'uid'],
  ['gid', 'gid'],
  ['vol-path', 'vol-path'],
  ['user', 'user'],
  ['domain', 'domain'],
  ['credentials', 'credentials'],
  ['region', 'region'],
  ['access-point', 'access-point'],
  ['tls', 'tls'],
  ['tls-name', 'tls-name'],
  ['tls-ca', 'tls-ca'],
  ['tls-verify', 'tls-verify'],
  ['adopt', 'adopt'],
  ['read-only', 'readOnly'],
  ['on-remove', 'onRemove'],
  ['trash-for', 'trashFor'],
]);

const numbers = new Set(['uid', 'gid']);
const flags = new Set(['tls', 'tls-verify', 'readOnly']);

/** What is not a number stays as it is, so that the message can show it. */
export const numberOr = (text: string): number | string => (/^\d{1,15}$/.test(text) ? Number(text) : text);

/** The same for what is true or false. */
export const flagOr = (text: string): boolean | string => (text === 'true' ? true : text === 'false' ? false : text);

function hostAndPort(authority: string): { host: string; port: string | undefined } {
  // What stands in brackets is an IPv6 address, and its colons are its own. There may be several hosts, and one port for all.
  const end = authority.lastIndexOf(']') + 1;
  const [host = '', port] = cutAt(authority.slice(end), ':');
  return { host: authority.slice(0, end) + host, port };
}

function cutAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}
