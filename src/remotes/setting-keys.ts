// Every key a remote dir and the config file may have: what is expected there, what it is for, and how JSON Schema says so.

import { driverTypes } from '../drivers/registry.ts';
import { DURATION_WORDS, logLevels } from '../settings.ts';

export interface Key {
  readonly expected: string;
  readonly help: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Also given as `-o KEY=VALUE` to docker volume create, where it describes a remote dir that is not configured yet. */
  readonly option?: true;
  /** No message may repeat what stands there. */
  readonly secret?: true;
}

const typeWords = [...driverTypes, 'nfs', 'smb'];
const id = { type: 'integer', minimum: 0, maximum: 4294967294 };

// Ids end one before 2^32, which stands for "leave it as it is" where owners are set.
export const remoteDirKeys = {
  type: {
    expected: `one of ${typeWords.join(', ')}`,
    help: 'protocol: nfs3, nfs4 (4.0, 4.1, 4.2), efs (Amazon EFS), cifs (SMB 2.1 to 3.1.1), local; nfs is nfs4, or nfs3 when args say vers=3; smb is cifs',
    schema: { enum: typeWords },
    option: true,
  },
  addr: {
    expected: 'a host name or address, or several of them',
    help: 'name or address of the server, or the id of an EFS file system; of several, the first that answers is used',
    schema: { type: ['string', 'array'], items: { type: 'string' }, minItems: 1, maxItems: 8 },
    option: true,
  },
  path: {
    expected: 'an absolute path',
    help: 'what the server exports, /SHARE or /SHARE/FOLDER of an SMB server, or the folder of a local remote dir; / with efs unless said',
    schema: { type: 'string' },
    option: true,
  },
  args: {
    expected: 'mount options, as one text or as a list of texts',
    help: 'mount options, such as vers=4.2,noatime',
    schema: { type: ['string', 'array'], items: { type: 'string' } },
    option: true,
  },
  'vol-path': {
    expected: 'a relative path',
    help: 'folder below path that holds the volumes; made when it is missing',
    schema: { type: 'string' },
    option: true,
  },
  port: {
    expected: 'a whole number from 1 to 65535',
    help: 'port of the server, where it is not 2049, or 445 for cifs',
    schema: { type: 'integer', minimum: 1, maximum: 65535 },
    option: true,
  },
  uid: {
    expected: 'a whole number from 0 to 4294967294',
    help: 'owner of new volumes, and who the plugin is on the share when the server does not trust root; with cifs the owner of all files',
    schema: id,
  },
  gid: { expected: 'a whole number from 0 to 4294967294', help: 'group, in the same way', schema: id },
  user: {
    expected: 'a user name',
    help: 'who the plugin is to an SMB server',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  password: {
    expected: 'a text',
    help: 'the password of that user; it is shown nowhere',
    schema: { type: 'string' },
    secret: true,
  },
  domain: {
    expected: 'a domain or workgroup',
    help: 'the domain of that user, where it has one',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  credentials: {
    expected: 'a relative path',
    help: 'instead of these three: a file with them, below the mount credentials; "." is the mount itself',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  region: {
    expected: 'an AWS region',
    help: 'where an EFS file system is that addr names by its id',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  'access-point': {
    expected: 'the id of an access point',
    help: 'access point of an EFS file system to go through',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  tls: {
    expected: 'true or false',
    help: 'for nfs4 and efs: go to the server through a TLS proxy; with efs on unless false',
    schema: { type: 'boolean' },
    option: true,
  },
  'tls-name': {
    expected: 'a host name or address',
    help: "what has to be in the server's certificate, where that is not addr",
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  'tls-ca': {
    expected: 'a relative path',
    help: 'file with the authorities to trust instead of the well-known ones, below the mount credentials',
    schema: { type: 'string', minLength: 1 },
    option: true,
  },
  'tls-verify': {
    expected: 'true or false',
    help: 'false: believe any server, which gives away what TLS is for; inspect says so',
    schema: { type: 'boolean' },
    option: true,
  },
  adopt: {
    expected: '"all"',
    help: 'all: every plain folder of the share is listed as a volume',
    schema: { const: 'all' },
    option: true,
  },
  readOnly: {
    expected: 'true or false',
    help: 'true: nothing is ever written to the share, and containers can only read',
    schema: { type: 'boolean' },
    option: true,
  },
  onRemove: {
    expected: 'one of trash, delete, retain',
    help: 'what happens to the data of a removed volume: trash, delete or retain',
    schema: { enum: ['trash', 'delete', 'retain'] },
  },
  trashFor: {
    expected: DURATION_WORDS,
    help: 'how long a removed volume can be had back',
    schema: { type: ['string', 'integer'], pattern: '^[0-9]{1,9}[smhd]?$', minimum: 0 },
  },
} as const satisfies Readonly<Record<string, Key>>;

const amount = { type: 'number', exclusiveMinimum: 0 };
export const configKeys: Readonly<Record<string, Key>> = {
  RemoteDirs: {
    expected: 'a map of labels to settings',
    help: 'the shares this host may use',
    schema: { type: 'object' },
  },
  LogLevel: { expected: `one of ${logLevels.join(', ')}`, help: 'how much is logged', schema: { enum: logLevels } },
  LogPath: {
    expected: 'a path',
    help: "file the log goes to besides the engine's log",
    schema: { type: 'string', minLength: 1 },
  },
  MaxLogAgeDays: { expected: 'a number above 0', help: 'how long a log file is kept, in days', schema: amount },
  MaxLogSizeMb: { expected: 'a number above 0', help: 'how big a log file gets, in megabytes', schema: amount },
};

/** The -o keys of docker volume create that describe a remote dir. */
export const remoteDirOptions: readonly { readonly name: string; readonly help: string }[] = Object.entries<Key>(
  remoteDirKeys,
)
  .filter(([, key]) => key.option === true)
  .map(([name, key]) => ({ name, help: key.help }));
