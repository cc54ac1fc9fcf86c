// Puts the plugin and an image into the engine's data, once: the engine packs the plugin's whole root file system, which
// takes the better part of a minute on an emulated processor. Every suite starts from the disk this leaves.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, createReadStream, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { dirname } from 'node:path';
import { EngineApi } from '../../docker/engine-api.ts';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';
import { loadModulesForDocker } from './kernel.ts';
import { image, pluginName } from './names.ts';

const SOCKET = '/run/docker.sock';

export async function makeGolden(): Promise<void> {
  await loadModulesForDocker();
  const dockerd = spawn('sh', ['/vm/engine', '/var/lib/docker', '/out/engine-golden'], { stdio: 'ignore' });
  const ended = once(dockerd, 'exit');
  const engine = new EngineApi(SOCKET);
  await until('the engine answers', 120_000, async () => (await engine.answers()) || undefined);

  await upload(`/plugins/create?name=${pluginName}`, '/vm/plugin.tar');
  const [repository = '', tag = ''] = image.split(':');
  await upload(`/images/create?fromSrc=-&repo=${repository}&tag=${tag}`, await packBusybox());

  dockerd.kill('SIGTERM');
  await ended;
  rmSync('/run/docker.pid', { force: true });
}

async function packBusybox(): Promise<string> {
  const root = '/tmp/busybox';
  for (const folder of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev']) mkdirSync(`${root}/${folder}`, { recursive: true });
  await command('cp', '/bin/busybox', `${root}/bin/`);
  const applets = (await command('/bin/busybox', '--list')).split('\n');
  for (const applet of applets.filter(name => name !== 'busybox' && name !== ''))
    symlinkSync('busybox', `${root}/bin/${applet}`);
  await addFlock(root);
  await command('tar', '-C', root, '-cf', '/tmp/busybox.tar', '.');
  return '/tmp/busybox.tar';
}

/** Debian's busybox comes without it. */
async function addFlock(root: string): Promise<void> {
  const libraries = (await command('ldd', '/usr/bin/flock')).match(/\/\S+\.so\S*/g) ?? [];
  for (const file of ['/usr/bin/flock', ...libraries]) {
    mkdirSync(`${root}${dirname(file)}`, { recursive: true });
    copyFileSync(file, `${root}${file}`);
  }
}

async function upload(path: string, archive: string): Promise<void> {
  const headers = { 'content-type': 'application/x-tar' };
  const call = request({ socketPath: SOCKET, method: 'POST', path, headers });
  createReadStream(archive, { highWaterMark: 1 << 20 }).pipe(call);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of response) body += String(part);
  if ((response.statusCode ?? 500) >= 400 || body.includes('"error"')) throw new Error(`${path}: ${body}`);
}
