// The TLS proxies of this host: one for each server and each way to check it, whatever the number of remote dirs that lead
// there. The kernel makes one NFS client of all mounts of one server, so their connections belong together anyway.
//
// Containers go on using their mounts while the plugin is away or starts anew, and Docker ends every process of a plugin that
// it stops. So what has ever been started is remembered, and started again first of all, also for a remote dir that is no
// longer configured; it is forgotten when no mount of this host goes through it.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { markOfProcess, type ProcessMark, stillLives } from '../system/process-mark.ts';
import type { RunCommand } from '../system/run-command.ts';
import { notedProcesses, noteProcess } from './last-process.ts';
import type { ReadMountTable } from './mount-table.ts';
import type { ReadNamespaces } from './mount-users.ts';
import { NoProxy } from './no-proxy.ts';
import { addressOf, keyOf, type TlsFront } from './tls-front.ts';
import type { TlsMemory } from './tls-memory.ts';
import { type ProxyState, TlsProxy } from './tls-proxy.ts';
import { writeTlsFiles } from './tls-proxy-files.ts';

export interface TlsProxiesParts {
  /** In the private folder of ours, which is memory. */
  readonly folder: string;
  /** Settled once that is there. */
  readonly prepared: Promise<void>;
  /** The settable mount with the files of this host. */
  readonly source: string;
  readonly memory: TlsMemory;
  readonly run: RunCommand;
  readonly readTable: ReadMountTable;
  readonly readNamespaces: ReadNamespaces;
  readonly log: Logger;
  readonly program?: string;
  readonly pauses?: readonly number[];
}

const ENDS_WITHIN_MS = 2000;

export class TlsProxies {
  readonly #parts: TlsProxiesParts;
  readonly #proxies = new Map<string, TlsProxy>();
  /** What an earlier life has left is out of the way. */
  readonly #cleared: Promise<void>;

  constructor(parts: TlsProxiesParts) {
    this.#parts = parts;
    this.#cleared = this.#clear();
    this.#cleared.catch(() => {});
  }

  /** Afterwards the proxy listens, or the reason is told why it does not. */
  async ensure(front: TlsFront, milliseconds: number): Promise<ProxyState> {
    return await this.#proxyOf(front).ready(milliseconds);
  }

  /** Those that containers of an earlier life may be waiting for. */
  startRemembered(): void {
    for (const front of this.#parts.memory.fronts()) this.#proxyOf(front);
  }

  /** What nobody has configured and no mount of this host goes through is not started another time. */
  async forgetUnused(configured: readonly TlsFront[]): Promise<void> {
    const { memory, readTable, readNamespaces, log } = this.#parts;
    const known = new Set(configured.map(keyOf));
    const others = memory.fronts().filter(front => !known.has(keyOf(front)));
    if (others.length === 0) return;
    try {
      const tables = [readTable(), ...(await readNamespaces()).map(({ entries }) => entries)];
      const used = new Set(tables.flat().flatMap(({ superOptions }) => superOptions));
      for (const front of others) {
        if (used.has(`addr=${addressOf(front)}`)) continue;
        memory.forget(front);
        this.#proxies.get(keyOf(front))?.stop();
        this.#proxies.delete(keyOf(front));
      }
    } catch (error) {
      log.warn({ err: error }, 'nobody can say which TLS proxies are in use: all are kept');
    }
  }

  /** For tests, which leave nothing behind: containers need them for longer than we are there. */
  stop(): void {
    for (const proxy of this.#proxies.values()) proxy.stop();
  }

  #proxyOf(front: TlsFront): TlsProxy {
    const present = this.#proxies.get(keyOf(front));
    if (present !== undefined) return present;
    const { folder, log, memory, program = 'stunnel', pauses } = this.#parts;
    const own = join(folder, addressOf(front));
    const proxy = new TlsProxy(front, {
      program,
      prepare: async () => {
        await this.#cleared;
        return await writeTlsFiles(front, own, this.#parts);
      },
      onStarted: pid => {
        const mark = markOfProcess(pid);
        noteProcess(own, mark);
        memory.remember(front, mark);
      },
      log,
      ...(pauses === undefined ? {} : { pauses }),
    });
    this.#proxies.set(keyOf(front), proxy);
    proxy.start();
    return proxy;
  }

  /**
   * A daemon that was killed leaves its proxies at work. Nobody watches these any more, and what they trust may have changed:
   * they end, and new ones take their places before the kernel has noticed.
   */
  async #clear(): Promise<void> {
    const { prepared, folder, memory, log } = this.#parts;
    await prepared.catch((error: unknown) => {
      throw new NoProxy(`there is no private folder for its files (${reasonOf(error)})`);
    });
    const left = [...memory.processes(), ...notedProcesses(folder)].filter(stillLives);
    for (const mark of left) end(mark);
    const over = performance.now() + ENDS_WITHIN_MS;
    while (left.some(stillLives) && performance.now() < over) await sleep(10);
    if (left.length > 0)
      log.info({ pids: [...new Set(left.map(({ pid }) => pid))] }, 'TLS proxies of an earlier life were ended');
    rmSync(folder, { recursive: true, force: true });
  }
}

function end({ pid }: ProcessMark): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in this very moment.
  }
}
