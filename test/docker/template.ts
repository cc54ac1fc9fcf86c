// An engine's data with the plugin and the image in it, made once a run: creating a plugin takes seconds (the engine packs
// its whole root file system), copying the result a fraction of one.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { importBusybox } from './busybox-image.ts';
import { dockerOn } from './docker.ts';
import { Engine } from './engine.ts';

export const pluginName = 'nfs-shared:latest';

export async function copyTemplate(dataRoot: string): Promise<void> {
  const template = join(runFolder(), 'template');
  if (!existsSync(join(template, 'made'))) await makeTemplate(template);
  mkdirSync(join(dataRoot, '..'), { recursive: true });
  await execa('cp', ['-a', join(template, 'data'), dataRoot], { timeout: 60_000 });
}

async function makeTemplate(folder: string): Promise<void> {
  const engine = new Engine(folder);
  try {
    await engine.start();
    const docker = dockerOn(engine.socket);
    await docker('plugin', 'create', pluginName, pluginFolder());
    await importBusybox(docker);
    await engine.stop();
  } catch (error) {
    await engine.destroy();
    throw error;
  }
  writeFileSync(join(folder, 'made'), '');
}

export function pluginFolder(): string {
  return fromSetup('NFS_SHARED_TEST_PLUGIN');
}

function runFolder(): string {
  return fromSetup('NFS_SHARED_TEST_RUN');
}

function fromSetup(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run these tests with npm run test:docker`);
  return value;
}
