// One stunnel, kept up: started, watched, and started again when it dies, at the same address each time, with growing pauses.
//
// It is no part of us: containers use their mounts while the plugin is away, so nothing here ends it when we end.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { printable, reasonOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isListening } from '../system/listening.ts';
import { whyNoProxy } from './no-proxy.ts';
import { addressOf, PROXY_PORT, serverOf, type TlsFront } from './tls-front.ts';

export type ProxyState = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export interface TlsProxyParts {
  readonly program: string;
  /** Writes what stunnel needs and gives back the place of its configuration; throws what is missing, in words. */
  readonly prepare: () => Promise<string>;
  /** Told of every process, so that a later life of the plugin can end it. */
  readonly onStarted: (pid: number) => void;
  readonly log: Logger;
  /** Milliseconds between its death and the next start, one after the other. */
  readonly pauses?: readonly number[];
}

/** The kernel connects again after three seconds, and after ever longer times when nobody listens. */
const PAUSES = [100, 500, 1000, 2000, 4000, 8000, 15_000];
/** One that has lived so long has not died of what is wrong in its settings. */
const STEADY_MS = 30_000;
/** An emulated processor with other work takes its time to load a program. */
const LISTENS_WITHIN_MS = 20_000;
const FIRST_START_MS = 8000;
const LOOK_AGAIN_MS = 20;

export class TlsProxy {
  readonly front: TlsFront;
  readonly #parts: TlsProxyParts;
  #isUp = false;
  #wasUp = false;
  #problem = 'it is starting';
  #said: string | undefined;
  readonly #waiting = new Set<(state: ProxyState) => void>();
  #stopped = false;
  #process: ChildProcess | undefined;

  constructor(front: TlsFront, parts: TlsProxyParts) {
    this.front = front;
    this.#parts = parts;
  }

  start(): void {
    void this.#keepUp();
  }

  /**
   * Waits for one that is starting, also after its death; what keeps it from starting is told as soon as it is found. The
   * first start has time of its own: nobody is to be told that a server is away because a program was loaded.
   */
  async ready(milliseconds: number): Promise<ProxyState> {
    if (this.#isUp) return { ok: true };
    const limit = this.#said === undefined && !this.#wasUp ? Math.max(milliseconds, FIRST_START_MS) : milliseconds;
    return await new Promise(resolve => {
      const settle = (state: ProxyState) => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(state);
      };
      const timer = setTimeout(() => settle(this.#down()), limit);
      this.#waiting.add(settle);
    });
  }

  /** For one through which no mount goes. */
  stop(): void {
    this.#stopped = true;
    this.#process?.kill('SIGKILL');
  }

  async #keepUp(): Promise<void> {
    const pauses = this.#parts.pauses ?? PAUSES;
    for (let deaths = 0; !this.#stopped; deaths += 1) {
      const started = performance.now();
      const problem = await this.#live().catch(whyNoProxy);
      if (this.#stopped) return;
      if (performance.now() - started > STEADY_MS) deaths = 0;
      this.#tell(problem);
      await sleep(pauses[Math.min(deaths, pauses.length - 1)], undefined, { ref: false });
    }
  }

  /** From the start of one process to its end; what ended it. */
  async #live(): Promise<string> {
    const { program, prepare, onStarted, log } = this.#parts;
    const address = addressOf(this.front);
    const config = await prepare();
    if (this.#stopped) return 'it is not needed any more';
    if (isListening(address, PROXY_PORT))
      return `another program of this host listens at its place, ${address} port ${PROXY_PORT}; is there a second plugin with the same remote dir on this host?`;
    const child = spawn(program, [config], {
      // A group of its own: a Ctrl-C for the daemon is none for the mounts of containers.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    const ended = once(child, 'close');
    const failed = new Promise<string>(resolve => child.once('error', error => resolve(cannotStart(error))));
    ended.catch(() => {});
    let last = '';
    createInterface({ input: child.stderr }).on('line', line => {
      if (saysWhy(line)) last = bare(line);
    });
    if (child.pid === undefined) return await failed;
    this.#process = child;
    child.unref();
    onStarted(child.pid);
    const isUp = await this.#listens(child, address);
    if (isUp) {
      log.info({ server: serverOf(this.front), address, pid: child.pid }, 'the TLS proxy is up');
      this.#tell(undefined);
    } else if (child.exitCode === null) {
      child.kill('SIGKILL');
    }
    const [code, signal] = (await ended) as [number | null, string | null];
    this.#process = undefined;
    const how = signal === null ? `it has ended with ${code}` : `it was ended by ${signal}`;
    return `${how}${last === '' ? '' : ` (${last})`}`;
  }

  async #listens(child: ChildProcess, address: string): Promise<boolean> {
    const end = performance.now() + LISTENS_WITHIN_MS;
    while (child.exitCode === null && child.signalCode === null && performance.now() < end) {
      if (isListening(address, PROXY_PORT)) return true;
      await sleep(LOOK_AGAIN_MS);
    }
    return false;
  }

  #tell(problem: string | undefined): void {
    this.#isUp = problem === undefined;
    this.#wasUp ||= this.#isUp;
    this.#problem = problem ?? '';
    if (problem !== undefined && problem !== this.#said)
      this.#parts.log.warn({ server: serverOf(this.front), problem }, 'the TLS proxy is down; it is started again');
    this.#said = problem;
    for (const tell of [...this.#waiting]) tell(this.#isUp ? { ok: true } : this.#down());
  }

  #down(): ProxyState {
    return { ok: false, problem: this.#problem };
  }
}

function cannotStart(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? 'stunnel, which encrypts the way to the server, is not installed on this host; install stunnel4, or use the managed plugin, which brings it'
    : `stunnel, which encrypts the way to the server, cannot be started (${reasonOf(error)})`;
}

/** Its lines of errors, and those about its configuration; of the rest nobody learns why it ended. */
const saysWhy = (line: string) => /LOG[0-3]\[|^\[!\]/.test(line);

/** Without the time and the number of the line's kind. */
const bare = (line: string) => printable(line.replace(/^.*LOG\d\[[^\]]*\]:\s*|^\[!\]\s*/, ''), 200);
