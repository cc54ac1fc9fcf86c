// Does the server of a folder answer? One question at a time per server, whoever wants to know.

import type { ProbeTarget } from '../../drivers/driver.ts';
import type { probe as askServer, ProbeResult } from '../../remotes/probe.ts';

export interface Reach {
  /** undefined: it answers */
  readonly problem: string | undefined;
  readonly since: Date;
}

interface Known {
  readonly reach: Reach;
  readonly at: number;
}

/** Docker's look at a volume is answered within two seconds. */
const ASK_MS = 1800;
/** What is shown may be as old as this. */
const FRESH_FOR = 5000;

export class Servers {
  readonly #probe: typeof askServer;
  readonly #now: () => Date;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<Reach>>();

  constructor(probe: typeof askServer, now: () => Date) {
    this.#probe = probe;
    this.#now = now;
  }

  /** For showing. One that was silent at the last look keeps nobody waiting: it is asked behind the answer. */
  async look(target: ProbeTarget): Promise<Reach> {
    const known = this.#known.get(keyOf(target));
    if (known === undefined) return await this.ask(target);
    if (performance.now() - known.at < FRESH_FOR) return known.reach;
    const asked = this.ask(target);
    return known.reach.problem === undefined ? await asked : known.reach;
  }

  ask(target: ProbeTarget): Promise<Reach> {
    const key = keyOf(target);
    const joined = this.#asking.get(key);
    if (joined !== undefined) return joined;
    const asked = this.#probe(target, { timeoutMs: ASK_MS })
      .then(result => this.#learn(key, result))
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  #learn(key: string, result: ProbeResult): Reach {
    const before = this.#known.get(key)?.reach;
    const problem = result.ok ? undefined : result.problem;
    const isAsBefore = before !== undefined && (before.problem === undefined) === result.ok;
    const reach = { problem, since: isAsBefore ? before.since : this.#now() };
    this.#known.set(key, { reach, at: performance.now() });
    return reach;
  }
}

const keyOf = (target: ProbeTarget) => JSON.stringify(target);
