// The program that runs in the VM: sets up a file server and Docker hosts, and runs the suites it was told to.

import { mkdirSync, readFileSync } from 'node:fs';
import { isLaterLife } from '../suites/acknowledged.ts';
import { suites } from '../suites/all.ts';
import { always } from '../suites/always.ts';
import { runCases, type Suite } from './cases.ts';
import { command } from './command.ts';
import { DockerHost } from './docker-host.ts';
import { enablePlugin, startWithPlugin } from './enable-plugin.ts';
import { loadModulesForDocker, loadModulesForNfs } from './kernel.ts';
import { Machine, vmItself } from './machine.ts';
import { makeNetwork } from './network.ts';
import { NfsServer, otherAddress, serverAddress } from './nfs-server.ts';
import { replaceProgram } from './replace-program.ts';
import { step, write } from './results.ts';
import { runInVm } from './run-in-vm.ts';
import type { Stage } from './stage.ts';

interface Orders {
  readonly suites: readonly string[];
}

const DOCKER_DATA = '/var/lib/docker';

await runInVm(async () => {
  const orders = JSON.parse(readFileSync('/vm/orders.json', 'utf8')) as Orders;
  const chosen = orders.suites.map(byName);
  const stage = await setUp(chosen);
  for (const suite of [...chosen, always]) await runCases(suite, stage);
  write({ kind: 'all-done' });
  for (const { ending } of chosen) await ending?.(stage);
});

function byName(name: string): Suite {
  const suite = suites.find(candidate => candidate.name === name);
  if (suite === undefined) throw new Error(`there is no suite ${name}`);
  return suite;
}

async function setUp(chosen: readonly Suite[]): Promise<Stage> {
  await makeNetwork(serverAddress);
  await loadModulesForNfs();
  const server = new NfsServer(vmItself(serverAddress));
  await step('file server', () => server.start());
  const second = new Machine('server2', otherAddress);
  const other = new NfsServer(second);
  if (chosen.some(({ otherServer }) => otherServer)) {
    await step('other file server', async () => {
      await second.start();
      await other.start();
    });
  }
  await loadModulesForDocker();
  replaceProgram('/vm/nfs-shared.mjs', DOCKER_DATA);
  mkdirSync('/h', { recursive: true });
  await command('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'hosts', '/h');
  const a = new DockerHost({ name: 'a', address: '10.9.0.11', dataRoot: DOCKER_DATA });
  const b = new DockerHost({ name: 'b', address: '10.9.0.12', dataRoot: `${DOCKER_DATA}-b` });
  const hosts = chosen.some(suite => suite.hosts.includes('b')) ? [a, b] : [a];
  if (hosts.includes(b)) await step('copy for host b', () => command('cp', '-a', DOCKER_DATA, `${DOCKER_DATA}-b`));
  const stage = { server, other, a, b };
  for (const suite of chosen) await suite.prepare(stage);

  if (isLaterLife()) {
    // Docker starts what was enabled in an earlier life of the VM by itself.
    const starts = hosts.map(host =>
      startWithPlugin(
        host,
        () => host.start(),
        () => host.off(),
      ),
    );
    await step('engines and plugins', () => Promise.all(starts));
    return stage;
  }
  await step('engines', () => Promise.all(hosts.map(host => host.start())));
  const remoteDirs = Object.assign({}, ...chosen.map(suite => suite.remoteDirs)) as object;
  const settings = { REMOTE_DIRS: JSON.stringify(remoteDirs), LOG_LEVEL: 'debug', LINGER: '5s' };
  const without = chosen.flatMap(({ withoutPlugin = [] }) => withoutPlugin);
  const enabled = hosts.filter(({ name }) => !without.some(each => each === name));
  await step('plugins', () => Promise.all(enabled.map(host => enablePlugin(host, settings))));
  return stage;
}
