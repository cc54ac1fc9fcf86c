// Several plugins on one share, and to each of them many callers at once that do whatever comes to their mind. In the end
// nothing that was acknowledged is lost, and nothing is left of what is over.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contents } from './contents.ts';
import { type Answer, PluginCalls } from './plugin-calls.ts';
import { Random } from './random.ts';

export interface ChaosWanted {
  readonly share: string;
  readonly sockets: readonly string[];
  readonly seed: number;
  readonly operations: number;
  readonly volumes: number;
  /** To each plugin at once */
  readonly callers: number;
}

export interface ChaosResult {
  /** By verb: how often it ended in which way */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly texts: number;
  readonly problems: readonly string[];
}

const VERBS = { create: 20, mount: 25, unmount: 25, remove: 10, restore: 6, purge: 6, get: 12, list: 2 };
type Verb = keyof typeof VERBS;
const LABEL = 'disk';
const LETS_GO_WITHIN = 120_000;

interface Held {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly text: string;
}

export async function chaos(wanted: ChaosWanted): Promise<ChaosResult> {
  const run = new Chaos(wanted);
  try {
    return await run.run();
  } finally {
    run.close();
  }
}

class Chaos {
  readonly #wanted: ChaosWanted;
  readonly #plugins: readonly PluginCalls[];
  readonly #contents: Contents;
  readonly #outcomes = new Map<string, Map<string, number>>();
  readonly #problems: string[] = [];
  #left: number;
  #texts = 0;

  constructor(wanted: ChaosWanted) {
    this.#wanted = wanted;
    this.#plugins = wanted.sockets.map(socket => new PluginCalls(socket));
    this.#contents = new Contents(wanted.share);
    this.#left = wanted.operations;
  }

  async run(): Promise<ChaosResult> {
    const { seed, callers } = this.#wanted;
    const all = this.#plugins.flatMap((plugin, host) =>
      Array.from({ length: callers }, (_, caller) =>
        this.#caller(plugin, `${host}-${caller}`, new Random(seed * 10_007 + host * 101 + caller)),
      ),
    );
    await Promise.all(all);
    await this.#everythingEnds();
    return { outcomes: this.#outcomes, texts: this.#contents.count, problems: this.#problems };
  }

  close(): void {
    for (const plugin of this.#plugins) plugin.close();
  }

  async #caller(plugin: PluginCalls, who: string, random: Random): Promise<void> {
    const held: Held[] = [];
    while (this.#left > 0) {
      this.#left -= 1;
      await this.#one(plugin, who, random, held);
    }
    for (const each of held) await this.#unmount(plugin, each);
  }

  async #one(plugin: PluginCalls, who: string, random: Random, held: Held[]): Promise<void> {
    const verb = random.weighted(VERBS);
    const name = `v${random.below(this.#wanted.volumes)}@${LABEL}`;
    if (verb === 'mount') {
      const mounted = await this.#mount(plugin, name, `${who}-${this.#left}`);
      if (mounted !== undefined) held.push(mounted);
    } else if (verb === 'unmount') {
      const [last] = held.splice(random.below(held.length), 1);
      if (last !== undefined) await this.#unmount(plugin, last);
    } else if (verb === 'restore' || verb === 'purge') await this.#inTrash(plugin, verb, random);
    else if (verb === 'create') {
      const Opts = random.next() < 0.1 ? { mode: '0700' } : null;
      this.#count(verb, await plugin.docker('Create', { Name: name, Opts }));
    } else if (verb === 'list') this.#count(verb, await plugin.docker('List', {}));
    else this.#count(verb, await plugin.docker(verb === 'get' ? 'Get' : 'Remove', { Name: name }));
  }

  async #mount(plugin: PluginCalls, name: string, id: string): Promise<Held | undefined> {
    const answer = await plugin.docker('Mount', { Name: name, ID: id });
    this.#count('mount', answer);
    const path = String(answer.body['Mountpoint'] ?? '');
    if (answer.refusal !== '') return undefined;
    this.#texts += 1;
    const text = `text-${this.#texts}`;
    try {
      this.#contents.write(path, text);
    } catch (error) {
      this.#problems.push(`${name} was mounted for ${id}, but nothing can be written: ${String(error)}`);
    }
    return { name, id, path, text };
  }

  async #unmount(plugin: PluginCalls, { name, id, path, text }: Held): Promise<void> {
    if (!existsSync(join(path, text))) this.#problems.push(`${name} was taken away from ${id}, which had it mounted`);
    this.#count('unmount', await plugin.docker('Unmount', { Name: name, ID: id }));
  }

  async #inTrash(plugin: PluginCalls, verb: 'restore' | 'purge', random: Random): Promise<void> {
    const entries = readdirSync(join(this.#wanted.share, '.nfs-shared/trash')).filter(name => /^\d{8}T/.test(name));
    const entry = random.of(entries);
    if (entry === undefined) return;
    const texts = this.#contents.inEntry(entry);
    const answer = await plugin.operator('POST', `/trash/${verb}`, { label: LABEL, entry });
    this.#count(verb, answer);
    if (verb === 'purge' && answer.refusal === '') this.#contents.giveUp(texts);
  }

  #count(verb: Verb, { refusal }: Answer): void {
    const outcomes = this.#outcomes.get(verb) ?? new Map<string, number>();
    this.#outcomes.set(verb, outcomes);
    const outcome = kindOf(refusal);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (refusal !== '' && !isSaidWell(refusal)) this.#problems.push(`${verb} was refused with "${refusal}"`);
  }

  /** Nobody uses anything any more: then every volume can be removed, and nothing is left but the trash. */
  async #everythingEnds(): Promise<void> {
    const end = performance.now() + LETS_GO_WITHIN;
    while (this.#signs().length > 0 && performance.now() < end) await sleep(100);
    this.#mustBeNone('signs that nobody takes away', this.#signs());
    await this.#theySeeTheSame();
    for (const name of this.#recorded()) {
      const [plugin] = this.#plugins;
      const answer = await plugin?.docker('Remove', { Name: `${name}@${LABEL}` });
      if (answer?.refusal !== '') this.#problems.push(`at last: ${answer?.refusal}`);
    }
    this.#mustBeNone('volumes that were removed', this.#recorded());
    const { share } = this.#wanted;
    const inTrash = readdirSync(join(share, '.nfs-shared/trash'));
    this.#mustBeNone(
      'things under way',
      inTrash.filter(name => name.endsWith('.leaving') || name.startsWith('restoring')),
    );
    this.#mustBeNone(
      'folders without a record',
      readdirSync(share).filter(name => name !== '.nfs-shared'),
    );
    this.#mustBeNone('folders for signs', readdirSync(join(share, '.nfs-shared/attachments')));
    this.#problems.push(...this.#contents.problems());
  }

  async #theySeeTheSame(): Promise<void> {
    const recorded = this.#recorded();
    for (const [at, plugin] of this.#plugins.entries()) {
      const { body } = await plugin.docker('List', {});
      const listed = (body['Volumes'] as { Name: string }[]).map(({ Name }) => Name.replace(/@.*/, '')).sort();
      if (listed.join() !== recorded.join())
        this.#problems.push(`plugin ${at} lists ${listed.join()}, and there are ${recorded.join()}`);
      for (const name of recorded) {
        const shown = await plugin.docker('Get', { Name: `${name}@${LABEL}` });
        const status = (shown.body['Volume'] as { Status?: Record<string, unknown> } | undefined)?.Status;
        if (status?.['state'] !== 'ok' || status['references'] !== 0)
          this.#problems.push(`plugin ${at} shows ${name} as ${shown.refusal || JSON.stringify(status)}`);
      }
    }
  }

  #recorded(): string[] {
    return readdirSync(join(this.#wanted.share, '.nfs-shared/volumes'))
      .filter(name => name.endsWith('.json'))
      .map(name => name.slice(0, -5))
      .sort();
  }

  #signs(): string[] {
    const at = join(this.#wanted.share, '.nfs-shared/attachments');
    return readdirSync(at).flatMap(volume => readdirSync(join(at, volume)).map(sign => `${volume}/${sign}`));
  }

  #mustBeNone(what: string, found: readonly string[]): void {
    if (found.length > 0) this.#problems.push(`${what}: ${found.slice(0, 5).join(', ')} (${found.length})`);
  }
}

/** A refusal without the names in it */
function kindOf(refusal: string): string {
  if (refusal === '') return 'ok';
  const words = refusal.replace(/^Cannot [^:]*: /, '').replace(/"[^"]*"/g, '…');
  return (
    words
      .split(/[;:(]| by /)[0]
      ?.trim()
      .slice(0, 60) ?? ''
  );
}

function isSaidWell(refusal: string): boolean {
  return / /.test(refusal) && !/something failed that should not|undefined|\[object|Error:/.test(refusal);
}
