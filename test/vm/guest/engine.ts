// What a user does with Docker, by the engine's own interface: the command line alone takes half a second to start here.

import { type Answer, EngineApi } from '../../docker/engine-api.ts';
import { image, pluginName } from './names.ts';

export interface VolumeView {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt?: string;
  readonly Status?: Readonly<Record<string, unknown>>;
}

export interface RunOptions {
  /** As behind `docker run -v`: VOLUME:/TARGET */
  readonly volumes: readonly string[];
  readonly user?: string;
  readonly name?: string;
  /** Docker starts the container again whenever it has ended, and when the engine starts. */
  readonly restart?: 'always';
  /** Who makes volumes that are not there yet; the plugin, unless said otherwise. */
  readonly driver?: string;
  /** A busybox, unless said otherwise. */
  readonly image?: string;
}

export class Engine {
  readonly #api: EngineApi;

  constructor(socket: string) {
    this.#api = new EngineApi(socket);
  }

  answers(): Promise<boolean> {
    return this.#api.answers();
  }

  async create(volume: string, options: Readonly<Record<string, string>> = {}, driver = pluginName): Promise<void> {
    await this.post('/volumes/create', { Name: volume, Driver: driver, DriverOpts: options });
  }

  /** The names of all volumes, and what the engine has to remark about drivers that did not answer. */
  async volumes(): Promise<string[]> {
    const { Volumes, Warnings } = (await this.get('/volumes')) as {
      Volumes: VolumeView[] | null;
      Warnings: string[] | null;
    };
    if (Warnings !== null && Warnings.length > 0) throw new Error(`docker volume ls warns: ${Warnings.join('; ')}`);
    return (Volumes ?? []).map(({ Name }) => Name).sort();
  }

  async inspect(volume: string): Promise<VolumeView> {
    return (await this.get(`/volumes/${volume}`)) as VolumeView;
  }

  async remove(volume: string): Promise<void> {
    await this.#expect('DELETE', `/volumes/${volume}`);
  }

  /** Starts a container with a shell command, waits for its end, and gives what it has written. */
  async run(options: RunOptions, shell: string): Promise<string> {
    const id = await this.#container(options, ['sh', '-c', shell]);
    try {
      await this.post(`/containers/${id}/start`);
      const { StatusCode } = (await this.post(`/containers/${id}/wait`)) as { StatusCode: number };
      const output = String(await this.get(`/containers/${id}/logs?stdout=1&stderr=1`)).trim();
      if (StatusCode !== 0) throw new Error(`status ${StatusCode}: ${output}`);
      return output;
    } finally {
      await this.removeContainer(id);
    }
  }

  /** A container that does nothing until it is removed. */
  async keep(options: RunOptions, ...argv: readonly string[]): Promise<string> {
    const id = await this.#container(options, argv.length > 0 ? argv : ['sleep', '3600']);
    await this.post(`/containers/${id}/start`);
    return id;
  }

  async exec(container: string, shell: string, user = ''): Promise<string> {
    const body = { Cmd: ['sh', '-c', shell], User: user, Tty: true, AttachStdout: true, AttachStderr: true };
    const { Id } = (await this.post(`/containers/${container}/exec`, body)) as { Id: string };
    const output = String(await this.post(`/exec/${Id}/start`, { Detach: false, Tty: true })).trim();
    const { ExitCode } = (await this.get(`/exec/${Id}/json`)) as { ExitCode: number };
    if (ExitCode !== 0) throw new Error(`status ${ExitCode}: ${output}`);
    return output;
  }

  /** Something that goes on in a container until it ends by itself or the container does. */
  async execDetached(container: string, shell: string): Promise<void> {
    const { Id } = (await this.post(`/containers/${container}/exec`, { Cmd: ['sh', '-c', shell] })) as { Id: string };
    await this.post(`/exec/${Id}/start`, { Detach: true });
  }

  async stop(container: string): Promise<void> {
    await this.post(`/containers/${container}/stop?t=1`);
  }

  async isRunning(container: string): Promise<boolean> {
    const { State } = (await this.get(`/containers/${container}/json`)) as { State: { Running: boolean } };
    return State.Running;
  }

  async removeContainer(container: string): Promise<void> {
    await this.#expect('DELETE', `/containers/${container}?force=1`);
  }

  get(path: string): Promise<unknown> {
    return this.#expect('GET', path);
  }

  post(path: string, body?: unknown): Promise<unknown> {
    return this.#expect('POST', path, body);
  }

  async #container(
    { volumes, user, name, driver, image: from, restart }: RunOptions,
    argv: readonly string[],
  ): Promise<string> {
    const query = name === undefined ? '' : `?name=${name}`;
    const body = {
      Image: from ?? image,
      Cmd: argv,
      // Output as it is written, not packed into frames.
      Tty: true,
      User: user ?? '',
      StopSignal: 'SIGKILL',
      HostConfig: {
        NetworkMode: 'none',
        Binds: volumes,
        VolumeDriver: driver ?? pluginName,
        RestartPolicy: { Name: restart ?? '' },
      },
    };
    const { Id } = (await this.post(`/containers/create${query}`, body)) as { Id: string };
    return Id;
  }

  async #expect(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.#api.call(method, path, body, 120_000);
    if (answer.status < 400) return answer.body;
    throw new Error(messageOf(answer));
  }
}

function messageOf({ status, body }: Answer): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  return `${status}: ${String(message)}`;
}
