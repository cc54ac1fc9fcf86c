// The managed plugin of one host: its settings, its life, and calls past Docker.

import { existsSync, readdirSync } from 'node:fs';
import { type Answer, callSocket } from '../../docker/engine-api.ts';
import type { Engine } from './engine.ts';
import { pluginName } from './names.ts';

const VERBS = `/plugins/${pluginName}`;
const PING = '/VolumeDriver.Capabilities';

export class Plugin {
  readonly #engine: Engine;
  readonly #sockets: string;

  constructor(engine: Engine, sockets: string) {
    this.#engine = engine;
    this.#sockets = sockets;
  }

  /** Docker changes the settings of a disabled plugin only. */
  async enable(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    if (lines.length > 0) await this.#engine.post(`${VERBS}/set`, lines);
    await this.#engine.post(`${VERBS}/enable?timeout=30`);
  }

  async isEnabled(): Promise<boolean> {
    const { Enabled } = (await this.#engine.get(`${VERBS}/json`)) as { Enabled: boolean };
    return Enabled;
  }

  /** Asked of its socket, and not of Docker. */
  async listens(): Promise<boolean> {
    const ids = existsSync(this.#sockets) ? readdirSync(this.#sockets) : [];
    const answers = ids.map(id => callSocket(`${this.#sockets}/${id}/nfs-shared.sock`, 'POST', PING, '{}', 10_000));
    return (await Promise.allSettled(answers)).some(({ status }) => status === 'fulfilled');
  }

  async disable(): Promise<void> {
    await this.#engine.post(`${VERBS}/disable?force=1`);
  }

  /** A call of Docker's without Docker: what the engine would have answered or refused by itself gets to the plugin. */
  async call(verb: string, body: unknown): Promise<Answer> {
    return callSocket(await this.socket(), 'POST', `/VolumeDriver.${verb}`, JSON.stringify(body), 40_000);
  }

  async socket(): Promise<string> {
    const { Id } = (await this.#engine.get(`${VERBS}/json`)) as { Id: string };
    return `${this.#sockets}/${Id}/nfs-shared.sock`;
  }
}
