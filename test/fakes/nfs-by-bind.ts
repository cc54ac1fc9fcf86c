// File servers without a network: mount.nfs is answered here, and what it would show is a folder of this machine, bound. The
// mount table says of it what the kernel says of NFS. Refusals are in the helper's own words, as servers give them.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readMountTable } from '../../src/mounts/mount-table.ts';
import { explainMountFailure } from '../../src/remotes/mount-words.ts';
import type { ProbeResult } from '../../src/remotes/probe.ts';
import { type CommandResult, type RunCommand, runCommand } from '../../src/system/run-command.ts';
import type { Network } from './plugin-host.ts';

interface Shown {
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export class NfsByBind implements Network {
  /** What mount.nfs was asked for: source and options */
  readonly mounted: { readonly source: string; readonly options: readonly string[] }[] = [];
  answers = true;
  /** Addresses that answer nobody, also not those who have something mounted from there */
  readonly silent = new Set<string>();
  /** By address: what another server has in the place of the disk */
  readonly otherDisks = new Map<string, string>();
  /** Where the kernel has a connection to the server already: it is used for every mount, whatever its address */
  connectedTo: string | undefined;
  /** What the server says of folders that are mounted already, to the next one who asks */
  stale: string | undefined;
  readonly #disk: string;
  readonly #exports: readonly string[];
  readonly #shown = new Map<string, Shown>();
  #probes = 0;

  /** `disk` is the root of the servers' file system, whatever their addresses. */
  constructor(disk: string, exports: readonly string[]) {
    this.#disk = disk;
    this.#exports = exports;
    for (const path of exports) mkdirSync(this.path(path), { recursive: true });
  }

  path(path: string): string {
    return join(this.#disk, path);
  }

  get probes(): number {
    return this.#probes;
  }

  readonly run: RunCommand = async (file, args, options) => {
    if (file === 'mount.nfs') return await this.#mount(args, options.milliseconds);
    if (file === 'stat' && this.stale !== undefined) {
      const problem = this.stale;
      this.stale = undefined;
      return failed(`stat: cannot read file system information for 'x': ${problem}`);
    }
    if (file === 'stat' && this.#isSilentAt(args.at(-1) ?? '')) return { ...failed(''), timedOut: true };
    return await runCommand(file, args, options);
  };

  readonly readTable = () =>
    readMountTable().map(entry => {
      const shown = this.#shown.get(entry.mountPoint);
      return shown === undefined ? entry : { ...entry, ...shown, root: '/' };
    });

  readonly explain: Network['explain'] = async (plan, { stderr }) => {
    const [host = '', path = ''] = plan.source.split(/:(?=\/)/);
    const exports = this.#exports.map(each => ({ path: each, clients: [] }));
    return explainMountFailure({ stderr, source: plan.source, host, path, exportsResult: { ok: true, exports } });
  };

  readonly probe: Network['probe'] = async (target): Promise<ProbeResult> => {
    this.#probes += 1;
    const host = 'host' in target ? target.host : '';
    if (this.silent.has(host))
      return { ok: false, fault: 'filtered', problem: `${host} did not answer on port 2049 within 2 s` };
    if (this.answers) return { ok: true, milliseconds: 1 };
    return { ok: false, fault: 'filtered', problem: 'nothing came back' };
  };

  #isSilentAt(path: string): boolean {
    const at = [...this.#shown].find(([target]) => `${path}/`.startsWith(`${target}/`))?.[1];
    return at !== undefined && this.silent.has(hostOf(at.source));
  }

  async #mount(args: readonly string[], milliseconds: number): Promise<CommandResult> {
    const [source = '', target = '', , text = ''] = args;
    const options = text.split(',');
    this.mounted.push({ source, options });
    const path = source.slice(source.indexOf(':/') + 1);
    const folder = join(this.otherDisks.get(hostOf(source)) ?? this.#disk, path);
    const version = options.some(option => /^(nfs)?vers=3$/.test(option)) ? 3 : 4;
    const isBelow = this.#exports.some(each => `${path}/`.startsWith(`${each}/`));
    // NFSv4 shows the way to what is exported, read-only.
    const isAbove = version === 4 && this.#exports.some(each => each.startsWith(path === '/' ? '/' : `${path}/`));
    if (version === 3 && !isBelow) return failed(`mount.nfs: access denied by server while mounting ${source}`);
    if (!(isBelow || isAbove) || !existsSync(folder) || !statSync(folder).isDirectory())
      return failed(`mount.nfs: mounting ${source} failed, reason given by server: No such file or directory`);
    const bind = options.includes('ro') || !isBelow ? 'bind,ro' : 'bind';
    const result = await runCommand('mount', ['-n', '-o', bind, folder, target], { milliseconds });
    const address = `addr=${this.connectedTo ?? source.slice(0, source.indexOf(':/'))}`;
    const superOptions = version === 3 ? ['vers=3', address] : ['vers=4.2', address];
    this.#shown.set(target, { type: version === 3 ? 'nfs' : 'nfs4', source, superOptions });
    return result;
  }
}

const hostOf = (source: string) => source.slice(0, source.indexOf(':/')).replace(/^\[|\]$/g, '');

const failed = (stderr: string): CommandResult => ({
  ok: false,
  exitCode: 32,
  timedOut: false,
  startError: undefined,
  stdout: '',
  stderr,
});
