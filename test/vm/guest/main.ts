// The program that runs in the VM: sets up a file server and Docker hosts, and runs the suites it was told to.

import { mkdirSync, readFileSync } from 'node:fs';
import { suites } from '../suites/all.ts';
import { always } from '../suites/always.ts';
import { runCases, type Suite } from './cases.ts';
import { command } from './command.ts';
import { DockerHost } from './docker-host.ts';
import { loadModulesForDocker } from './kernel.ts';
import { NfsServer } from './nfs-server.ts';
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
});

function byName(name: string): Suite {
  const suite = suites.find(candidate => candidate.name === name);
  if (suite === undefined) throw new Error(`there is no suite ${name}`);
  return suite;
}

async function setUp(chosen: readonly Suite[]): Promise<Stage> {
  const server = new NfsServer();
  await step('file server', () => server.start());
  await loadModulesForDocker();
  replaceProgram('/vm/nfs-shared.mjs', DOCKER_DATA);
  mkdirSync('/h');
  await command('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'hosts', '/h');
  const a = new DockerHost({ name: 'a', address: '10.9.0.11', dataRoot: DOCKER_DATA });
  const b = new DockerHost({ name: 'b', address: '10.9.0.12', dataRoot: `${DOCKER_DATA}-b` });
  const hosts = chosen.some(suite => suite.hosts.includes('b')) ? [a, b] : [a];
  if (hosts.includes(b)) await step('copy for host b', () => command('cp', '-a', DOCKER_DATA, `${DOCKER_DATA}-b`));
  const stage = { server, a, b };
  for (const suite of chosen) await suite.prepare(stage);

  await step('engines', () => Promise.all(hosts.map(host => host.start())));
  const remoteDirs = Object.assign({}, ...chosen.map(suite => suite.remoteDirs)) as object;
  const settings = { REMOTE_DIRS: JSON.stringify(remoteDirs), LOG_LEVEL: 'debug', LINGER: '5s' };
  const without = chosen.flatMap(({ withoutPlugin = [] }) => withoutPlugin);
  const enabled = hosts.filter(({ name }) => !without.some(each => each === name));
  await step('plugins', () => Promise.all(enabled.map(host => enable(host, settings))));
  return stage;
}

/** Docker gives a plugin ten seconds to start, which an emulated processor with other work around it may exceed. */
async function enable(host: DockerHost, settings: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await host.plugin.enable(settings);
      return;
    } catch (error) {
      if (tries === 4) throw error;
      write({ kind: 'retry', text: `the plugin on host ${host.name} did not start in time: ${String(error)}` });
    }
  }
}
