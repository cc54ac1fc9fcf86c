// The closed list of what can go wrong: a code for programs, fields for code, one sentence for people.
//
// A sentence says what is so and what to do; the verb and the volume ("Cannot mount "pgdata@nas": …") are put in front of
// it once, where the call is answered. Values stand in double quotes, no full stop, and never a secret: what has to stay
// secret does not get into a field.

import { constants } from 'node:os';

const quoted = (value: string) => `"${printable(value)}"`;
const list = (values: readonly string[]) => (values.length > 0 ? values.map(quoted).join(', ') : 'none');
const id = (value: number | undefined) => (value === undefined ? 'unknown' : String(value));

/** Names and options come from outside: control characters must not reach a terminal or break a log line. */
export function printable(value: string, limit = 120): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const safe = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff"]/g, '?');
  return safe.length > limit ? `${safe.slice(0, limit)}… (${value.length} characters)` : safe;
}

export interface Difference {
  readonly option: string;
  readonly asked: string;
  readonly inForce: string;
}

const differences = (all: readonly Difference[]) =>
  all.map(d => `${d.option} is ${quoted(d.inForce)}, asked for ${quoted(d.asked)}`).join('; ');

export const sentences = {
  InvalidRequest: (f: { problem: string }) => `the request cannot be understood: ${f.problem}`,
  InvalidName: (f: { name: string; problem: string }) =>
    `${quoted(f.name)} is not a volume name: ${f.problem} (use NAME@LABEL; NAME is a letter or digit, then up to 127 letters, digits, "_", "." or "-")`,
  LabelNeeded: (f: { known: readonly string[] }) =>
    f.known.length > 0
      ? `the name does not say which remote dir it is on; write NAME@LABEL with one of ${list(f.known)}`
      : 'no remote dir is configured; set REMOTE_DIRS or the config file, or give type, addr and path with -o',
  UnknownLabel: (f: { label: string; known: readonly string[] }) =>
    `there is no remote dir ${quoted(f.label)} (configured: ${list(f.known)}); set REMOTE_DIRS or the config file, or make one with -o type=… -o addr=… -o path=…`,
  RemoteDirGone: (f: { label: string }) =>
    `its remote dir ${quoted(f.label)} is no longer configured on this host; the data is untouched, put ${quoted(f.label)} back into REMOTE_DIRS or the config file (an upgrade resets the source of the config mount) and enable the plugin again`,
  RemoteDirInvalid: (f: { label: string; faults: readonly string[] }) =>
    `the settings of remote dir ${quoted(f.label)} are not valid: ${f.faults.join('; ')}`,
  RemoteDirDiffers: (f: { label: string; differences: readonly Difference[] }) =>
    `remote dir ${quoted(f.label)} exists with other settings: ${differences(f.differences)}; use another label, or leave these options out`,
  UnknownOption: (f: { option: string; near: string | undefined; known: readonly string[] }) =>
    f.near === undefined
      ? `there is no option ${quoted(f.option)} (options: ${f.known.join(', ')})`
      : `there is no option ${quoted(f.option)}; did you mean ${quoted(f.near)}?`,
  SecretInOptions: (f: { option: string }) =>
    `${quoted(f.option)} is not taken with -o, which Docker keeps and shows to everybody who may use it; put the password into the config file, or into a file of the mount "credentials" and name that with -o credentials=FILE`,
  InvalidOption: (f: { option: string; value: string; expected: string }) =>
    `option ${quoted(f.option)} is ${quoted(f.value)}, expected ${f.expected}`,
  OptionsDiffer: (f: { differences: readonly Difference[] }) =>
    `it exists with other options: ${differences(f.differences)}; leave these options out to use it as it is`,
  SpellingTaken: (f: { known: string }) =>
    `this host knows the volume as ${quoted(f.known)}; Docker counts users by name, so use that one spelling`,
  NameTaken: (f: { name: string; by: string }) =>
    `this host knows ${f.by} by the name ${quoted(f.name)}; take another name, or remove that one first`,
  DirectOptionsInvalid: (f: { faults: readonly string[] }) =>
    `its options do not name a folder that can be a volume: ${f.faults.join('; ')}`,
  NoSuchVolume: (_: Record<never, never>) => 'no such volume',
  NotMounted: (_: Record<never, never>) => 'no container of this host has it mounted, so it has no path now',
  VolumeInUse: (f: { users: readonly string[] }) => `it is in use by ${f.users.join('; ')}; stop these first`,
  BeingRemoved: (f: { since: string; by: string }) =>
    `it is being removed (since ${f.since}, by host ${quoted(f.by)}); wait for that to end, or finish it with docker volume rm`,
  NotRemovable: (f: { reason: string }) => `it cannot be removed: ${f.reason}`,
  NothingToRelease: (f: { host: string; reason: string }) =>
    `nothing of host ${quoted(f.host)} was released: ${f.reason}`,
  NothingToAccept: (f: { label: string }) =>
    `there is nothing to accept: behind remote dir ${quoted(f.label)} is the share this host knows, or none that answers`,
  NotRestorable: (f: { reason: string }) => `it cannot be taken out of the trash: ${f.reason}`,
  NotAdoptable: (f: { folder: string; problem: string }) =>
    `the folder ${quoted(f.folder)} is on the share already and cannot be taken as a volume: ${f.problem}`,
  FolderMissing: (f: { folder: string }) =>
    `its folder ${quoted(f.folder)} is not on the share although its record is; put the folder back, or remove the volume`,
  RecordUnreadable: (f: { file: string; problem: string }) =>
    `its record ${quoted(f.file)} on the share cannot be read: ${f.problem}; nothing was changed, repair or move the file`,
  ShareUnreachable: (f: { label: string; server: string; problem: string }) =>
    `the share of remote dir ${quoted(f.label)} does not answer: ${f.problem} (${f.server}); what is mounted stays mounted, try again when it is back`,
  ServerUnreachable: (f: { source: string; problem: string }) =>
    `the server of ${quoted(f.source)} does not answer: ${f.problem}; what is mounted stays mounted, try again when it is back`,
  WrongShare: (f: { label: string; known: string | undefined; found: string | undefined }) =>
    `what is behind remote dir ${quoted(f.label)} now is not the share this host knows: ${f.known === undefined ? 'that one has no id but there was something in it, and this one is empty' : `its id was ${f.known}, found ${f.found ?? 'no id at all'}`}; has the server started without its data disk? Mount the disk there; if the change is meant, say so with nfs-shared dirs accept ${f.label}`,
  ShareTooNew: (f: { label: string; version: string }) =>
    `the share of remote dir ${quoted(f.label)} is written in format ${f.version}, newer than this plugin knows; upgrade the plugin on this host, nothing was changed`,
  ShareDamaged: (f: { label: string; file: string; problem: string }) =>
    `the share of remote dir ${quoted(f.label)} cannot be recognised: ${quoted(f.file)} ${f.problem}; nothing was changed, restore the file from a backup or from another host's message`,
  SameRoot: (f: { label: string; other: string }) =>
    `remote dir ${quoted(f.label)} is the same folder as remote dir ${quoted(f.other)}; use ${quoted(f.other)}, or give one of them another vol-path`,
  ShareNotWritable: (f: {
    folder: string;
    who: string;
    tried: string;
    owner: number | undefined;
    group: number | undefined;
    mode: string | undefined;
    /** Where owners say nothing about rights. */
    remedy?: string;
  }) =>
    f.remedy === undefined
      ? `${f.who} may not ${f.tried} in ${quoted(f.folder)} on the share (owner ${id(f.owner)}:${id(f.group)}, mode ${f.mode ?? 'unknown'}); give that folder to ${f.who}, or set uid and gid of the remote dir to its owner`
      : `${f.who} may not ${f.tried} in ${quoted(f.folder)} on the share; ${f.remedy}`,
  ShareReadOnly: (f: { label: string; bySetting: boolean }) =>
    f.bySetting
      ? `remote dir ${quoted(f.label)} is used read-only, as its setting readOnly says: this host makes and removes no volumes there; do it on the server or from a host that may write, or take the setting out`
      : `the share of remote dir ${quoted(f.label)} is read-only for this host: no volumes can be made or removed there; do it on the server or from a host that may write, or let this host write (the option rw of the export, and a disk that is mounted so)`,
  OwnerRefused: (f: { asked: string; problem: string }) =>
    `the server does not let this host give the folder ${f.asked}: ${f.problem}; nothing was left behind, leave the option out or set uid and gid of the remote dir`,
  StorageFailed: (f: { label: string; tried: string; problem: string }) =>
    `the share of remote dir ${quoted(f.label)} refused to ${f.tried}: ${f.problem}`,
  MountFailed: (f: { source: string; problem: string }) => `${f.source} cannot be mounted: ${f.problem}`,
  LoginRefused: (f: { source: string; server: string; who: string; expired: boolean }) =>
    f.expired
      ? `${f.source} cannot be mounted: the password or the account of ${f.who} has expired or is locked on ${f.server}; renew it there`
      : `${f.source} cannot be mounted: ${f.server} does not let ${f.who} in: user name, password or domain is wrong, or that user may not use this share`,
  ShareMissing: (f: { source: string; server: string; share: string; folder: string | undefined }) =>
    f.folder === undefined
      ? `${f.source} cannot be mounted: ${f.server} lets us in but has no share ${quoted(f.share)}`
      : `${f.source} cannot be mounted: ${f.server} has the share ${quoted(f.share)} but no folder ${quoted(f.folder)} in it`,
  VersionRefused: (f: { source: string; server: string; asked: string; offered: string | undefined }) =>
    `${f.source} cannot be mounted: ${f.server} does not speak SMB ${f.asked}, which the mount options ask for${f.offered === undefined ? '' : ` (the best it offers is ${f.offered})`}; change them, or leave vers out`,
  CryptoMissing: (f: { source: string; missing: readonly string[] }) =>
    `${f.source} cannot be mounted: this host's kernel lacks ${f.missing.join(', ')}, which SMB 3 needs for signing and encryption; load the modules (modprobe gcm cmac ccm), or use vers=2.1`,
  NotThroughProxy: (f: { source: string; address: string }) =>
    `${f.source} cannot be mounted with TLS: this host has another mount of that server, and the kernel would send everything over the connection of that one, to ${f.address}; end the containers that use it, give it the same TLS settings, or give one of the two another minor version of NFS (vers=4.1, vers=4.2)`,
  HasSubmounts: (f: { folder: string; mountPoint: string }) =>
    `another file system is mounted at ${quoted(f.mountPoint)} in ${quoted(f.folder)}, and containers would not see it; make that one a remote dir of its own`,
  TimedOut: (f: { what: string; seconds: number }) =>
    `${f.what} did not end within ${f.seconds} s; it may still happen, so nothing was undone: try again`,
  HostIdShared: (f: { other: string }) =>
    `host ${quoted(f.other)} has the same host id as this one, so nobody can say which of the two uses the volume; was its disk copied from this host? Remove the file .nfs-shared/host.json in the plugin's folder on one of them and enable the plugin again`,
  LocalStateUnwritable: (f: { file: string; problem: string }) =>
    `this host's own memory ${quoted(f.file)} cannot be written: ${f.problem}; free space or repair the disk that holds Docker's data`,
  CutOff: (_: Record<never, never>) =>
    "Docker has unmounted the plugin's folder, as it does when it starts after a crash, and no longer sees what is mounted there; the plugin is starting anew to put that right, try again in some seconds",
  ShuttingDown: (_: Record<never, never>) => 'the plugin is stopping; try again when it is enabled',
  Unexpected: (f: { problem: string }) => `something failed that should not: ${f.problem}; the log has the details`,
} as const;

export type FailureCode = keyof typeof sentences;
export type FailureFields<C extends FailureCode> = Parameters<(typeof sentences)[C]>[0];

export class Failure<C extends FailureCode = FailureCode> extends Error {
  readonly code: C;
  readonly fields: FailureFields<C>;

  constructor(code: C, fields: FailureFields<C>, options?: { cause?: unknown }) {
    // The table's entries are functions of different field types; the constructor's signature ties code and fields together.
    super((sentences[code] as (fields: FailureFields<C>) => string)(fields), options);
    this.name = 'Failure';
    this.code = code;
    this.fields = fields;
  }
}

export function isFailure<C extends FailureCode>(error: unknown, ...codes: C[]): error is Failure<C> {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code as C));
}

/** The short reason of an error that is not ours: Node's errno text without the path and call it repeats. */
export function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  const code = errnoOf(error);
  if (code !== undefined) return errnoWords[code] ?? code;
  const text = hasText(error) ? error.message : String(error);
  return printable(text.split('\n')[0] ?? '', 300);
}

/** By its fields and not by its class: an error of Node's own may come from another realm. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  if (typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? namelessErrors.get(-error.errno) : undefined;
}

/** What only network file systems say: Node has no name for these, and calls them "Unknown system error -116". */
const namelessErrors = new Map([
  // What Linux itself has no name for: umount -f gives it to the calls it ends (seen with 6.1).
  [512, 'EIO'],
  [constants.errno.ESTALE, 'ESTALE'],
  [constants.errno.EDQUOT, 'EDQUOT'],
]);

const hasText = (error: unknown): error is { message: string } =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

const errnoWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota is used up',
  EEXIST: 'it exists already',
  EIO: 'the server or disk reported an input/output error',
  ELOOP: 'a symbolic link is in the way',
  ENAMETOOLONG: 'the name is too long for the share',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'operation not permitted',
  EROFS: 'it is read-only',
  ESTALE: 'the server no longer knows this folder (stale file handle)',
  ETIMEDOUT: 'the server did not answer in time',
};
