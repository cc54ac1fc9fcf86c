// One host with the real layers of the plugin in this process, on temporary folders: real files, real bind mounts. What a
// test wants to be otherwise (file work, the clock, who is seen using a volume) is handed in.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeLogger } from '../../src/logger.ts';
import { ControlMounts } from '../../src/mounts/control-mounts.ts';
import { DataMounts } from '../../src/mounts/data-mounts.ts';
import { isDirectKey } from '../../src/mounts/direct-key.ts';
import { mountsBelow, readMountTable } from '../../src/mounts/mount-table.ts';
import { type ReadNamespaces, readNamespaces } from '../../src/mounts/mount-users.ts';
import { Mounter, type MounterParts } from '../../src/mounts/mounter.ts';
import { probe } from '../../src/remotes/probe.ts';
import { RemoteDirs, readStaticRemoteDirs } from '../../src/remotes/remote-dirs.ts';
import { ShareIds } from '../../src/remotes/share-ids.ts';
import { timeOnShare } from '../../src/remotes/share-time.ts';
import { Shares } from '../../src/remotes/shares.ts';
import type { FileWork, fileWork } from '../../src/system/file-work.ts';
import { Journal } from '../../src/system/journal.ts';
import { removeTree } from '../../src/system/remove-tree.ts';
import { runCommand } from '../../src/system/run-command.ts';
import { AllVolumes } from '../../src/volumes/all-volumes.ts';
import { Catalogue } from '../../src/volumes/catalogue.ts';
import { DirectVolumes } from '../../src/volumes/direct/direct-volumes.ts';
import { thisHost } from '../../src/volumes/host.ts';
import { Operator } from '../../src/volumes/operator.ts';
import { References } from '../../src/volumes/references.ts';
import { type RunPurge, Trash } from '../../src/volumes/trash.ts';
import { Volumes } from '../../src/volumes/volumes.ts';

export interface HostSettings {
  /** As the variable REMOTE_DIRS: one word per remote dir, or a JSON map */
  readonly remoteDirs: string | Readonly<Record<string, object>>;
  readonly fileWork?: typeof fileWork;
  readonly readNamespaces?: ReadNamespaces;
  readonly now?: () => Date;
  readonly clock?: () => number;
  /** false: nothing will be mounted, so no private folder is made for it */
  readonly mounts?: false;
  readonly mountWait?: number;
  readonly linger?: number;
  readonly trashFor?: number;
  readonly workerCommand?: readonly string[];
  readonly runPurge?: RunPurge;
  readonly name?: string;
  /** Seconds */
  readonly deadAfter?: number;
  /** Milliseconds between two signs of life */
  readonly beatMs?: number;
  /** Milliseconds between two looks whether another host has let a volume go */
  readonly lookAgainMs?: number;
  /** Stands for the network and its file servers */
  readonly network?: Partial<Network>;
}

/** How shares are found and mounted. */
export interface Network extends Omit<MounterParts, 'stage' | 'prepared'> {
  readonly probe: typeof probe;
}

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly msg: string;
}

export interface PluginHost {
  readonly root: string;
  readonly state: string;
  readonly volumes: Volumes;
  readonly direct: DirectVolumes;
  readonly all: AllVolumes;
  readonly shares: Shares;
  readonly ids: ShareIds;
  readonly catalogue: Catalogue;
  readonly references: References;
  readonly trash: Trash;
  readonly operator: Operator;
  readonly remoteDirs: RemoteDirs;
  readonly log: ReturnType<typeof makeLogger>;
  readonly logged: readonly LogLine[];
  /** Lets go of everything that runs; what is mounted is unmounted. */
  stop(): void;
}

/** `folder` outlives the host: started again on it, the host remembers. Hosts of two folders may have one share. */
export function startHost(folder: string, settings: HostSettings): PluginHost {
  const root = join(folder, 'mnt');
  const run = join(folder, 'run');
  const state = join(root, '.nfs-shared');
  mkdirSync(state, { recursive: true });
  const logged: LogLine[] = [];
  const log = makeLogger('trace', [{ write: (line: string) => void logged.push(JSON.parse(line) as LogLine) }]);
  const now = settings.now ?? (() => new Date());
  const defaults = { onRemove: 'trash', trashFor: settings.trashFor ?? 60 } as const;
  const { remoteDirs: wanted } = settings;
  const configured = readStaticRemoteDirs({
    remoteDirs: typeof wanted === 'string' ? wanted : JSON.stringify(wanted),
    configText: undefined,
    defaults,
    embeddedPath: join(folder, 'embedded'),
  });
  const warn = (text: string) => log.warn(text);
  const remoteDirs = new RemoteDirs({ configured, stateFile: join(state, 'remote-dirs.json'), defaults, warn, now });
  const ids = new ShareIds(join(state, 'shares.json'), log);
  const host = thisHost(join(state, 'host.json'), settings.name ?? 'test-host', warn);
  const idsKnown = ids.labels().flatMap(label => ids.known(label) ?? []);
  const catalogue = new Catalogue(join(state, 'catalogue'), idsKnown, log);
  const clock = settings.clock === undefined ? {} : { clock: settings.clock };
  const references = new References({
    readNamespaces: settings.readNamespaces ?? readNamespaces,
    now,
    ...clock,
  });

  const real: Network = { run: runCommand, readTable: readMountTable, explain: async () => 'not asked here', probe };
  const { probe: ask, ...mounting } = { ...real, ...settings.network };
  const { run: command, readTable } = mounting;
  const edge = { run: command, readTable };
  if (settings.mounts !== false) makePrivateFolderNow(run);
  const prepared = Promise.resolve();
  const mounter = new Mounter({ ...mounting, stage: join(run, 'stage'), prepared });
  const dataMounts: DataMounts = new DataMounts({
    ...edge,
    root,
    mounter,
    lingerSeconds: settings.linger ?? 60,
    refuseIfCutOff: async () => {},
    log,
    inUse: label => (isDirectKey(label) ? direct.inUse(label) : volumes.labelInUse(label)),
  });
  const controlMounts = new ControlMounts(join(run, 'control'), mounter);
  const shares = new Shares(remoteDirs, {
    controlMounts,
    ids,
    probe: ask,
    log,
    workerCommand: settings.workerCommand ?? ['/bin/false'],
    ...(settings.fileWork === undefined ? {} : { fileWork: settings.fileWork }),
  });
  const purgeHere: RunPurge = async (place, at) => removeTree(join(place, dirname(at)), basename(at));
  // The share's clock is as far ahead as the test says.
  const timeOf = async (files: FileWork) =>
    new Date((await timeOnShare(files)).getTime() + now().getTime() - Date.now());
  const trash = new Trash({ shares, log, host, now, timeOf, ...clock, runPurge: settings.runPurge ?? purgeHere });
  const mountWaitSeconds = settings.mountWait ?? 2;
  const volumes: Volumes = new Volumes({
    root,
    host,
    remoteDirs,
    shares,
    ids,
    catalogue,
    references,
    dataMounts,
    readTable,
    trash,
    mountWaitSeconds,
    deadAfterSeconds: settings.deadAfter ?? 24 * 3600,
    attachmentsJournal: new Journal(join(state, 'attachments.jsonl'), problem => log.error(problem, 'a journal')),
    ...(settings.beatMs === undefined ? {} : { beatMs: settings.beatMs }),
    ...(settings.lookAgainMs === undefined ? {} : { lookAgainMs: settings.lookAgainMs }),
    ...clock,
    log,
    now,
  });
  const direct: DirectVolumes = new DirectVolumes({
    root,
    host,
    file: join(state, 'direct.jsonl'),
    controlMounts,
    dataMounts,
    readTable,
    references,
    probe: ask,
    catalogue,
    mountWaitSeconds,
    log,
    now,
  });
  const all = new AllVolumes(volumes, direct);
  volumes.start();
  const operator = new Operator({ shares, host, presence: volumes.presence, trash, log, now });
  const stop = () => {
    trash.stop();
    volumes.stop();
    shares.close();
    unmountBelow(folder);
  };
  const parts = { volumes, direct, all, shares, ids, catalogue, references, trash, operator, remoteDirs };
  return { root, state, ...parts, log, logged, stop };
}

/** As the daemon makes it, but before anything else: a test may be over before a mount in the background is made. */
function makePrivateFolderNow(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  execFileSync('/bin/mount', ['-n', '-t', 'tmpfs', '-o', 'mode=0711,size=1m,nosuid,nodev', 'tmpfs', folder]);
  execFileSync('/bin/mount', ['-n', '--make-private', folder]);
}

export function unmountBelow(folder: string): void {
  for (let left = 20; left > 0; left -= 1) {
    const last = mountsBelow(readMountTable(), folder).at(-1);
    if (last === undefined) return;
    // It may go by itself in this very moment: the next look tells.
    spawnSync('/bin/umount', ['-l', last.mountPoint]);
  }
  throw new Error(`something stays mounted below ${folder}`);
}
