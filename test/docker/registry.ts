// Debian's docker-registry on the loopback interface: engines take plain HTTP from there without being told to.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface Registry {
  /** `127.0.0.1:PORT`, the first part of the names of what is kept there. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startRegistry(folder: string): Promise<Registry> {
  const address = `127.0.0.1:${await freePort()}`;
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${folder}/data } }\nhttp: { addr: "${address}" }\n`,
  );
  const server = execa('docker-registry', ['serve', config], { stdio: 'ignore', reject: false });
  const stop = async () => {
    server.kill();
    await server;
  };

  try {
    await until('the registry answers', 20_000, () =>
      fetch(`http://${address}/v2/`).then(
        answer => answer.ok || undefined,
        () => undefined,
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}
