import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from './docker.ts';
import { type Answer, callSocket } from './engine-api.ts';
import { mainProcessOf } from './processes.ts';
import { pluginName } from './template.ts';
import { until } from './until.ts';

/** Variables and mounts of the plugin by name, as `docker plugin set` takes them: REMOTE_DIRS=…, config.source=…. */
export type PluginSettings = Readonly<Record<string, string>>;

export class ManagedPlugin {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Docker changes settings of a disabled plugin only; with volumes about it must be forced. */
  async configure(settings: PluginSettings): Promise<void> {
    if (await this.isEnabled()) await this.disable();
    await this.#docker(
      'plugin',
      'set',
      pluginName,
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    );
    await this.enable();
  }

  async disable(): Promise<void> {
    await this.#docker('plugin', 'disable', '--force', pluginName);
  }

  async enable(): Promise<void> {
    await this.#docker('plugin', 'enable', pluginName);
  }

  async isEnabled(): Promise<boolean> {
    return (await this.#docker('plugin', 'inspect', '--format', '{{.Enabled}}', pluginName)) === 'true';
  }

  async id(): Promise<string> {
    return this.#docker('plugin', 'inspect', '--format', '{{.Id}}', pluginName);
  }

  async processId(): Promise<number> {
    const id = await this.id();
    return until('the plugin has a process', 20_000, () => mainProcessOf(id));
  }

  /** A call of Docker's made behind Docker's back: what Docker would have refused by itself gets to the plugin this way. */
  async call(verb: string, body: string): Promise<Answer> {
    const socket = join('/run/docker/plugins', await this.id(), 'nfs-shared.sock');
    return callSocket(socket, 'POST', `/VolumeDriver.${verb}`, body, 30_000);
  }

  /** As if it had crashed. Docker starts it again by itself; this returns when the new one is there. */
  async crash(): Promise<void> {
    const before = await this.processId();
    process.kill(before, 'SIGKILL');
    await until('Docker has started the plugin again', 30_000, async () => {
      const now = await this.processId();
      return (now !== before && (await this.isEnabled())) || undefined;
    });
    // Docker dials the socket half a second after the start, and three seconds later if it was too early. A plugin that
    // dies again before it was reached is disabled for good, and that is not what is tested here.
    await sleep(4000);
  }
}
