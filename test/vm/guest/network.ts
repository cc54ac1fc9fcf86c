// The network of the Docker hosts: one bridge, with the VM itself on it.

import { command } from './command.ts';

const BRIDGE = 'br0';

export async function makeNetwork(address: string): Promise<void> {
  await command('ip', 'link', 'add', BRIDGE, 'type', 'bridge');
  await command('ip', 'addr', 'add', `${address}/24`, 'dev', BRIDGE);
  await command('ip', 'link', 'set', BRIDGE, 'up');
}

/** A network namespace of this name, with a cable to the bridge. */
export async function joinNetwork(name: string, address: string): Promise<void> {
  await command('ip', 'netns', 'add', name);
  await command('ip', 'link', 'add', `v${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await command('ip', 'link', 'set', `v${name}`, 'master', BRIDGE, 'up');
  for (const words of ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up'])
    await command('ip', '-n', name, ...words.split(' '));
}
