// A plugin host that listens: what the tests of the API talk to.

import { join } from 'node:path';
import { makeApp } from '../../src/api/app.ts';
import { listenOn } from '../../src/api/socket.ts';
import { type HostSettings, type PluginHost, startHost } from './plugin-host.ts';
import { type Engine, engineOn } from './plugin-socket.ts';

export interface ApiHost extends PluginHost, Engine {
  readonly socket: string;
}

export async function startApiHost(folder: string, settings: HostSettings): Promise<ApiHost> {
  const host = startHost(folder, settings);
  const socket = join(folder, 'plugin.sock');
  const { all, operator, remoteDirs, log } = host;
  const app = makeApp({ volumes: all, operator, labels: () => remoteDirs.labels(), log, scope: 'global' });
  const listening = await listenOn(socket, app);
  const stop = () => {
    listening.close();
    host.stop();
  };
  return { ...host, ...engineOn(socket), socket, stop };
}
