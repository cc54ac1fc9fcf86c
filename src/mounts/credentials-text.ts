// The text of a credentials file, as mount.cifs has it: username=, password= and domain=, a line each.

import { Secret } from '../system/secret.ts';

export interface KnownLogin {
  readonly user: string;
  readonly password: Secret;
  readonly domain?: string;
}

/** What is wrong is said by the number of the line: any word of the text may be a part of the password. */
export function readCredentials(text: Secret): KnownLogin | { readonly problem: string } {
  const found = new Map<string, string>();
  const lines = text
    .reveal()
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, word = '', value = ''] = /^\s*([a-z]+)=(.*)$/i.exec(line) ?? [];
    const key = keys.get(word.toLowerCase());
    if (key === undefined) return { problem: `has a line ${index + 1} that is not username=…, password=… or domain=…` };
    if (found.has(key)) return { problem: `has a second ${key}= in line ${index + 1}` };
    found.set(key, value);
  }
  const [user, password, domain] = ['username', 'password', 'domain'].map(key => found.get(key));
  if (user === undefined || user === '') return { problem: 'has no line username=…' };
  if (password === undefined) return { problem: 'has no line password=…' };
  for (const [key, value] of found) {
    const problem = problemOf(key, value);
    if (problem !== undefined) return { problem: `has a ${key} that ${problem}` };
  }
  return { user, password: new Secret(password), ...(domain === undefined || domain === '' ? {} : { domain }) };
}

/** Why mount.cifs would not take it, or take another; undefined when it does. */
export function problemOf(key: string, value: string): string | undefined {
  // A line break would end the line, and begin one that somebody else wrote.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'has a control character in it';
  const longest = key === 'password' ? 512 : 255;
  return Buffer.byteLength(value) > longest ? `is longer than ${longest} bytes` : undefined;
}

const keys = new Map([
  ['username', 'username'],
  ['user', 'username'],
  ['password', 'password'],
  ['pass', 'password'],
  ['domain', 'domain'],
  ['dom', 'domain'],
  ['workgroup', 'domain'],
]);
