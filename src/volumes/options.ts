// The -o options of Create: one table gives their parsing, the near miss of a wrong one, and the README's rows.

import { type Difference, Failure } from '../errors.ts';
import { nearest } from '../remotes/near-miss.ts';
import type { OnRemove } from '../remotes/remote-dir.ts';
import { remoteDirOptions } from '../remotes/remote-dirs.ts';
import type { VolumeOptions } from './record.ts';

export interface VolumeOption {
  readonly name: string;
  readonly help: string;
  readonly expected: string;
  /** undefined: the value cannot be taken */
  readonly parse: (value: string) => VolumeOptions | undefined;
}

const wholeNumber = (value: string) =>
  /^\d{1,10}$/.test(value) && Number(value) <= 4294967294 ? Number(value) : undefined;
const capacity = (value: string) =>
  /^\d{1,15}(\.\d{1,3})?\s?([kmgtp]i?)?b?$/i.test(value) ? { capacity: value } : undefined;
const oneOf = <T extends string>(value: string, values: readonly T[]) => values.find(candidate => candidate === value);
const orNone = <T extends object>(value: unknown, options: T) => (value === undefined ? undefined : options);

export const volumeOptions: readonly VolumeOption[] = [
  {
    name: 'uid',
    help: 'owner of the new folder; default: the uid of the remote dir, else 0',
    expected: 'a whole number from 0 to 4294967294',
    parse: value => orNone(wholeNumber(value), { uid: Number(value) }),
  },
  {
    name: 'gid',
    help: 'group of the new folder; default: the gid of the remote dir, else 0',
    expected: 'a whole number from 0 to 4294967294',
    parse: value => orNone(wholeNumber(value), { gid: Number(value) }),
  },
  {
    name: 'mode',
    help: 'permissions of the new folder; default 0755',
    expected: 'three or four octal digits, for example 0750',
    parse: value => (/^[0-7]{3,4}$/.test(value) ? { mode: value.padStart(4, '0') } : undefined),
  },
  {
    name: 'access',
    help: 'ro: containers can only read, whatever they ask for; default rw',
    expected: '"rw" or "ro"',
    parse: value => {
      const access = oneOf(value, ['rw', 'ro'] as const);
      return access === undefined ? undefined : { access };
    },
  },
  {
    name: 'group',
    help: 'a word of yours to sort volumes by; shown by inspect',
    expected: '1 to 63 letters, digits, "_", "." or "-"',
    parse: value => (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(value) ? { group: value } : undefined),
  },
  {
    name: 'on-remove',
    help: 'what docker volume rm does with the folder: trash, delete or retain; default: the setting of the remote dir',
    expected: '"trash", "delete" or "retain"',
    parse: value => {
      const onRemove: OnRemove | undefined = oneOf(value, ['trash', 'delete', 'retain'] as const);
      return onRemove === undefined ? undefined : { onRemove };
    },
  },
  {
    name: 'size',
    help: 'stored and shown, not enforced',
    expected: 'a size, for example 5G',
    parse: capacity,
  },
  { name: 'Capacity', help: 'the same as size', expected: 'a size, for example 5G', parse: capacity },
];

export const labelOptions: readonly { readonly name: string; readonly help: string }[] = [
  { name: 'remote-dir', help: 'the label, for a name without "@LABEL"' },
  { name: 'VolumeStore', help: 'the same as remote-dir' },
];

export interface CreateOptions {
  readonly volume: VolumeOptions;
  readonly label: string | undefined;
  /** What the label was given by */
  readonly labelOption: string | undefined;
  /** Settings of a remote dir that is to be made with this volume; empty when none is. */
  readonly remoteDir: ReadonlyMap<string, string>;
}

export function parseCreateOptions(given: ReadonlyMap<string, string>): CreateOptions {
  let volume: VolumeOptions = {};
  const remoteDir = new Map<string, string>();
  for (const [written, value] of given) {
    const name = asListed(written);
    const option = volumeOptions.find(candidate => candidate.name === name);
    if (option !== undefined) {
      const parsed = option.parse(value);
      if (parsed === undefined) throw new Failure('InvalidOption', { option: name, value, expected: option.expected });
      volume = { ...volume, ...parsed };
    } else if (remoteDirOptions.some(candidate => candidate.name === name)) {
      remoteDir.set(name, value);
    } else if (!labelOptions.some(candidate => candidate.name === name)) {
      if (isPassword(name)) throw new Failure('SecretInOptions', { option: name });
      throw unknownOption(name);
    }
  }
  return { volume, ...labelIn(given), remoteDir };
}

/** What vSphere Integrated Containers has taken in any case of letters. */
const asListed = (name: string) => foreign.get(name.toLowerCase()) ?? name;
const foreign = new Map(['VolumeStore', 'Capacity'].map(name => [name.toLowerCase(), name]));

function labelIn(given: ReadonlyMap<string, string>): Pick<CreateOptions, 'label' | 'labelOption'> {
  const found = [...given].filter(([name]) => labelOptions.some(option => option.name === asListed(name)));
  const [first, second] = found;
  if (first !== undefined && second !== undefined && first[1] !== second[1]) {
    const expected = `"${first[1]}", as ${first[0]} says, or no such option`;
    throw new Failure('InvalidOption', { option: second[0], value: second[1], expected });
  }
  return { label: first?.[1], labelOption: first?.[0] };
}

const isPassword = (name: string) => /^(pass|password|password2|passwd|pw)$/i.test(name);

/** What an existing volume has otherwise than asked for. What was not asked for is not compared. */
export function optionDifferences(asked: VolumeOptions, inForce: VolumeOptions): Difference[] {
  const keys = Object.keys(asked) as (keyof VolumeOptions)[];
  return keys
    .filter(key => asked[key] !== inForce[key])
    .map(key => ({ option: optionName(key), asked: String(asked[key]), inForce: String(inForce[key] ?? 'not set') }));
}

function optionName(key: keyof VolumeOptions): string {
  return { onRemove: 'on-remove', capacity: 'size' }[key as string] ?? key;
}

function unknownOption(option: string): Failure {
  const known = [...volumeOptions, ...labelOptions, ...remoteDirOptions].map(({ name }) => name).concat('device', 'o');
  return new Failure('UnknownOption', { option, near: nearest(option, known), known });
}
