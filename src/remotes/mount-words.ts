// mount.nfs says little, and its exit status nothing. With the server's list of exports beside it the same failure can be
// said so that a person knows what to change.

import { printable } from '../errors.ts';
import type { Export, ExportsResult } from './exports.ts';

export interface MountFailure {
  readonly stderr: string;
  /** What was to be mounted, `10.0.0.5:/export`: the helper repeats it, the reader knows it already. */
  readonly source: string;
  readonly host: string;
  readonly path: string;
  readonly port?: number | undefined;
  /** Left out when the server was not asked. */
  readonly exportsResult?: ExportsResult | undefined;
}

/** The words that follow "… cannot be mounted: ". */
export function explainMountFailure(failure: MountFailure): string {
  const rule = rules.find(([pattern]) => pattern.test(failure.stderr));
  return rule === undefined ? inItsOwnWords(failure) : rule[1](failure);
}

// The first that fits wins: the line about statd comes with others that only confuse.
const rules: readonly (readonly [RegExp, (failure: MountFailure) => string])[] = [
  [
    /rpc\.statd is not running/i,
    () =>
      'NFSv3 locks need rpc.statd, which does not run on this host; use NFSv4, or add the option nolock if no two hosts lock the same files',
  ],
  [/access denied by server|permission denied/i, f => refusedAccess(f)],
  [/no such file or directory/i, f => missingFolder(f)],
  [
    /no such device/i,
    () =>
      "this host's kernel has no NFS client; load it with modprobe nfs, or install the kernel package that holds it",
  ],
  [
    /requested NFS version or transport protocol is not supported|protocol not supported/i,
    f =>
      `${server(f)} or this host's kernel does not support the NFS version or transport asked for; choose another type, vers or proto`,
  ],
  [
    /connection timed out|timed out, giving up/i,
    f =>
      `${server(f)} did not answer the mount of ${path(f)} in time; it hangs, or a firewall drops what NFSv3 needs besides port ${port(f)} (rpcbind, mountd)`,
  ],
  [
    /connection refused/i,
    f => `${server(f)} refused a connection during the mount of ${path(f)}; NFSv3 also needs rpcbind and mountd there`,
  ],
  [
    /no route to host|network is unreachable/i,
    f => `this host cannot reach ${server(f)}: no route, or a firewall rejects it`,
  ],
  [/failed to resolve server/i, f => `the name "${server(f)}" cannot be resolved`],
  [
    /stale file handle/i,
    f =>
      `${server(f)} no longer knows the folder behind ${path(f)} (stale file handle); it was replaced there, or its disk is not mounted: export it anew on the server`,
  ],
  [
    /operation not permitted/i,
    f =>
      `the mount of ${path(f)} is not permitted, by ${server(f)} (it may want a source port below 1024) or by this host (the plugin may not mount)`,
  ],
];

function refusedAccess(f: MountFailure): string {
  if (!f.exportsResult?.ok) return `${answers(f)} denies this host access to ${path(f)} (is it exported to this host?)`;
  const covering = coveringExport(f.path, f.exportsResult.exports);
  if (covering === undefined) return notExported(f, f.exportsResult.exports);
  const exported = `${server(f)} exports ${printable(covering.path)}`;
  if (covering.clients.length === 0 || covering.clients.includes('*')) {
    return `${exported} to everybody but denies it to this host; it may want a source port below 1024 or another security flavour, its log says which`;
  }
  return `${exported} but denies it to this host (allowed: ${some(covering.clients)})`;
}

function missingFolder(f: MountFailure): string {
  if (!f.exportsResult?.ok) return `${answers(f)} has no ${path(f)} for this host (no such folder, or not exported)`;
  const covering = coveringExport(f.path, f.exportsResult.exports);
  if (covering === undefined) return notExported(f, f.exportsResult.exports);
  if (covering.path === f.path)
    return `${server(f)} exports ${path(f)} but has no such folder for this host; is its disk mounted there, and is this host among its clients (${clients(covering)})?`;
  return `${server(f)} exports ${printable(covering.path)} but there is no folder ${path(f)} in it`;
}

function notExported(f: MountFailure, exports: readonly Export[]): string {
  const list = exports.length === 0 ? 'it exports nothing' : `exports: ${some(exports.map(each => each.path))}`;
  return `${answers(f)} does not export ${path(f)} to this host (${list})`;
}

/** The export that a path lies in; the deepest one decides, as on the server. */
function coveringExport(wanted: string, exports: readonly Export[]): Export | undefined {
  const covers = ({ path: top }: Export) => wanted === top || wanted.startsWith(top.endsWith('/') ? top : `${top}/`);
  return exports.filter(covers).sort((a, b) => b.path.length - a.path.length)[0];
}

function inItsOwnWords(f: MountFailure): string {
  const lines = f.stderr
    .split('\n')
    .map(line =>
      line
        .trim()
        .replace(/^mount(\.\w+)?:\s*/, '')
        .replaceAll(` for ${f.source}`, ''),
    )
    .filter(line => line !== '' && !/\bexit(ed)?\b.*\b(status|code)\b/i.test(line));
  const words = printable([...new Set(lines)].join('; '), 300);
  return words === '' ? 'the mount helper failed without saying why' : words;
}

const MAX_LISTED = 8;

function some(values: readonly string[]): string {
  const listed = values
    .slice(0, MAX_LISTED)
    .map(value => printable(value))
    .join(', ');
  return values.length > MAX_LISTED ? `${listed} and ${values.length - MAX_LISTED} more` : listed;
}

const clients = (each: Export) => (each.clients.length === 0 ? 'everybody' : some(each.clients));
const server = (f: MountFailure) => printable(f.host);
const path = (f: MountFailure) => printable(f.path);
const port = (f: MountFailure) => f.port ?? 2049;
const answers = (f: MountFailure) => `${server(f)} answers on port ${port(f)} but`;
