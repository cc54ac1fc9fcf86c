// Builds every part of the plugin once, in the order of the layers, and takes it down again.
//
// Listening comes before any share is touched: Docker disables a plugin that does not answer within seconds of its start,
// and a share may take longer than that to fail.

import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { makeApp } from './api/app.ts';
import { type Listening, listenOn } from './api/socket.ts';
import { reasonOf } from './errors.ts';
import { type Logger, logFileDefaults, makeLogger, openLogFile } from './logger.ts';
import { ControlMounts } from './mounts/control-mounts.ts';
import { Credentials } from './mounts/credentials.ts';
import { DataMounts } from './mounts/data-mounts.ts';
import { isDirectKey } from './mounts/direct-key.ts';
import { isEngineThere } from './mounts/engine-process.ts';
import { EngineView } from './mounts/engine-view.ts';
import { readMountTable } from './mounts/mount-table.ts';
import { readNamespaceOf, readNamespaces } from './mounts/mount-users.ts';
import { clearBelow, Mounter, makePrivateFolder } from './mounts/mounter.ts';
import { TlsMemory } from './mounts/tls-memory.ts';
import { TlsProxies } from './mounts/tls-proxies.ts';
import { readConfigFile } from './remotes/config-file.ts';
import { explainHelper } from './remotes/explain-helper.ts';
import { probe as askServer } from './remotes/probe.ts';
import { frontsOf } from './remotes/probe-tls.ts';
import type { RemoteDir } from './remotes/remote-dir.ts';
import { RemoteDirs, readStaticRemoteDirs } from './remotes/remote-dirs.ts';
import { ShareIds } from './remotes/share-ids.ts';
import { timeOnShare } from './remotes/share-time.ts';
import { Shares } from './remotes/shares.ts';
import { readSettings } from './settings.ts';
import { Journal } from './system/journal.ts';
import { letOthersPass } from './system/let-others-pass.ts';
import { runOwnChild } from './system/own-child.ts';
import type { RemoveResult } from './system/remove-tree.ts';
import { runCommand } from './system/run-command.ts';
import { AllVolumes } from './volumes/all-volumes.ts';
import { Catalogue } from './volumes/catalogue.ts';
import { DirectVolumes } from './volumes/direct/direct-volumes.ts';
import { thisHost } from './volumes/host.ts';
import { Operator } from './volumes/operator.ts';
import { References } from './volumes/references.ts';
import { Trash } from './volumes/trash.ts';
import { Volumes } from './volumes/volumes.ts';

export interface DaemonOptions {
  readonly socket: string;
  readonly root: string;
  readonly config: string;
  readonly run: string;
  /** The only folder of this host for local remote dirs, '' for any; the embedded one lies there when it is a folder. */
  readonly local: string;
  /** Folder of credentials files, or one of them. */
  readonly credentials: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function startDaemon(options: DaemonOptions): Promise<void> {
  const { env } = options;
  const root = realFolder(options.root);
  const run = realFolder(options.run);
  const { settings, faults } = readSettings(env);
  const state = join(root, '.nfs-shared');
  mkdirSync(state, { recursive: true, mode: 0o711 });
  // Only root can start children under another uid.
  if (process.getuid?.() === 0) letOthersPass('/');

  const config = readConfigFile(options.config);
  const configured = readStaticRemoteDirs({
    remoteDirs: settings.remoteDirs,
    configText: config.text,
    defaults: { onRemove: settings.onRemove, trashFor: settings.trashFor },
    embeddedPath: embeddedPath(options.local, state),
  });
  const log = await openLog(configured.log, settings.logLevel);
  for (const fault of [...faults, ...configured.faults, ...(config.fault === undefined ? [] : [config.fault])])
    log.error({ fault }, 'a setting is not valid');
  for (const [label, all] of configured.invalid)
    log.error({ label, faults: all }, 'a remote dir is not valid and is left out');

  const now = () => new Date();
  const remoteDirs = new RemoteDirs({
    configured,
    stateFile: join(state, 'remote-dirs.json'),
    defaults: { onRemove: settings.onRemove, trashFor: settings.trashFor },
    warn: text => log.warn(text),
    now,
    refuse: dir => refuseLocal(dir, options.local, state),
  });
  const ids = new ShareIds(join(state, 'shares.json'), log);
  const host = thisHost(join(state, 'host.json'), hostname(), text => log.warn(text));
  const catalogue = new Catalogue(
    join(state, 'catalogue'),
    ids.labels().flatMap(label => ids.known(label) ?? []),
    log,
  );
  const references = new References({ readNamespaces });

  const edge = { run: runCommand, readTable: readMountTable };
  const credentials = new Credentials({ folder: join(run, 'secrets'), source: options.credentials });
  const prepared = makePrivateFolder(edge, run)
    .then(() => clearBelow(edge, run))
    .then(() => credentials.clear());
  prepared.catch((error: unknown) =>
    log.error({ err: error }, 'no private folder for mounts could be made; only local remote dirs can be used'),
  );
  const proxies = new TlsProxies({
    ...edge,
    folder: join(run, 'tls'),
    prepared,
    source: options.credentials,
    memory: new TlsMemory({ file: join(state, 'tls-proxies.json'), now, warn: text => log.warn(text) }),
    readNamespaces,
    log,
  });
  // Before anything else: containers of an earlier life may be waiting for them.
  proxies.startRemembered();
  const probe: typeof askServer = (target, asked) =>
    askServer(target, asked, { tls: { proxies, source: options.credentials } });
  const mounter = new Mounter({
    ...edge,
    stage: join(run, 'stage'),
    prepared,
    credentials,
    proxies,
    explain: explainHelper,
  });
  const engineView = new EngineView({
    root,
    readTable: readMountTable,
    readNamespaces,
    readNamespaceOf,
    isEngineThere: () => isEngineThere(),
    onCutOff: () => {
      log.error("the engine has unmounted the plugin's folder: the plugin ends, so that Docker starts it anew");
      // Docker disables a plugin that is gone before it was seen to be there; and whoever waits is answered first.
      setTimeout(() => end('cut off'), Math.max(ANSWER_MS, SEEN_AFTER_MS - performance.now()));
    },
  });
  const dataMounts: DataMounts = new DataMounts({
    ...edge,
    root,
    mounter,
    lingerSeconds: settings.linger,
    refuseIfCutOff: () => engineView.refuseIfCutOff(),
    log,
    inUse: label => (isDirectKey(label) ? direct.inUse(label) : volumes.labelInUse(label)),
  });
  const self = [process.execPath, process.argv[1] ?? ''];
  const controlMounts = new ControlMounts(join(run, 'control'), mounter);
  const shares = new Shares(remoteDirs, {
    controlMounts,
    ids,
    probe,
    log,
    workerCommand: [...self, 'file-worker'],
  });
  const stopping = new AbortController();
  const trash = new Trash({
    shares,
    log,
    host,
    now,
    timeOf: timeOnShare,
    runPurge: async (folder, at, identity) => {
      const child = await runOwnChild([...self, 'purge'], [folder, at], identity, stopping.signal);
      if (child.exitCode !== 0) throw new Error(`the purge of ${at} ended early (${child.exitCode ?? 'killed'})`);
      return JSON.parse(child.stdout) as RemoveResult;
    },
  });
  const volumes = new Volumes({
    root,
    host,
    remoteDirs,
    shares,
    ids,
    catalogue,
    references,
    dataMounts,
    readTable: readMountTable,
    trash,
    mountWaitSeconds: settings.mountWait,
    deadAfterSeconds: settings.deadAfter,
    attachmentsJournal: new Journal(join(state, 'attachments.jsonl'), problem =>
      log.error(problem, "a part of this host's memory of its attachments cannot be read; the file was kept aside"),
    ),
    log,
    now,
  });

  const direct = new DirectVolumes({
    root,
    host,
    file: join(state, 'direct.jsonl'),
    controlMounts,
    dataMounts,
    readTable: readMountTable,
    references,
    probe,
    catalogue,
    mountWaitSeconds: settings.mountWait,
    log,
    now,
  });

  const operator = new Operator({ shares, host, presence: volumes.presence, trash, log, now });

  let listening: Listening | undefined;
  const end = (signal: string) => {
    log.info({ signal }, 'stopping; what is mounted stays mounted');
    listening?.close();
    stopping.abort();
    trash.stop();
    volumes.stop();
    shares.close();
    // process.exit() joins the thread pool, and waits for ever for one call that is stuck on a dead share.
    process.kill(process.pid, 'SIGKILL');
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'an error nobody expected; the plugin ends and Docker starts it again');
    process.kill(process.pid, 'SIGKILL');
  });

  listening = await listenOn(
    options.socket,
    makeApp({
      volumes: new AllVolumes(volumes, direct),
      scope: settings.scope,
      operator,
      labels: () => remoteDirs.labels(),
      log,
    }),
  );
  log.info({ socket: options.socket, root, host: host.id, remoteDirs: remoteDirs.labels() }, 'listening');

  void lookRegularly(engineView);
  void proxies.forgetUnused(frontsOf(remoteDirs.all()));
  for (const dir of remoteDirs.all().filter(({ tls }) => tls?.verify === false))
    log.warn({ label: dir.label }, 'tls-verify is false: the connection is encrypted, and nobody checks with whom');
  for (const share of shares.all()) share.openInBackground();
  // Whatever an earlier life left mounted is kept while somebody uses it, and let go otherwise.
  for (const label of dataMounts.mountedLabels()) dataMounts.releaseSoon(label);
  volumes.start();
  void trash.sweepRegularly();
}

const ANSWER_MS = 500;
const SEEN_AFTER_MS = 6000;
/** Seconds. An engine that has just started is not through with what it unmounts; later nobody is in a hurry. */
const LOOKS = [1, 2, 4, 8, 15, 30, 60];

async function lookRegularly(engineView: EngineView): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    await engineView.look();
    await sleep((LOOKS[Math.min(looks, LOOKS.length - 1)] ?? 60) * 1000, undefined, { ref: false });
  }
}

/** As the mount table names it: without links on the way and without a slash at the end. */
function realFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  return realpathSync(path);
}

/** In the managed plugin any other folder is one of the plugin's own, and gone with the next upgrade. */
function refuseLocal(dir: RemoteDir, allowed: string, state: string): string | undefined {
  if (dir.type !== 'local' || allowed === '') return undefined;
  if ([allowed, state].some(folder => `${dir.path}/`.startsWith(`${folder}/`))) return undefined;
  return `path "${dir.path}" is inside the plugin; local remote dirs lie at or below ${allowed}, which shows the folder of this host that the mount setting local.source names`;
}

function embeddedPath(wanted: string, state: string): string {
  if (wanted !== '' && statSync(wanted, { throwIfNoEntry: false })?.isDirectory() === true) return wanted;
  const own = join(state, 'local');
  mkdirSync(own, { recursive: true, mode: 0o755 });
  return own;
}

interface LogSettings {
  readonly level?: string | undefined;
  readonly path?: string | undefined;
  readonly maxAgeDays?: number | undefined;
  readonly maxSizeMb?: number | undefined;
}

async function openLog(configured: LogSettings, level: string): Promise<Logger> {
  const stdout = pino.destination({ fd: 1, sync: true });
  const plain = makeLogger(configured.level ?? level, [stdout]);
  if (configured.path === undefined) return plain;
  const file = {
    path: configured.path,
    maxSizeMb: configured.maxSizeMb ?? logFileDefaults.maxSizeMb,
    maxAgeDays: configured.maxAgeDays ?? logFileDefaults.maxAgeDays,
  };
  try {
    return makeLogger(configured.level ?? level, [stdout, await openLogFile(file, text => plain.error(text))]);
  } catch (error) {
    plain.error(
      { path: configured.path, problem: reasonOf(error) },
      'the log file cannot be opened; stdout has every line',
    );
    return plain;
  }
}
