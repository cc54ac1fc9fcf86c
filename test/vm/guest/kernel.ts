import { command } from './command.ts';

/** dockerd loads some of these itself, where a modprobe is in reach; a host in namespaces should find them all there. */
export async function loadModulesForDocker(): Promise<void> {
  await command('modprobe', '-a', 'overlay', 'bridge', 'br_netfilter', 'veth', ...firewall);
}

const firewall = ['iptable_nat', 'iptable_filter', 'xt_MASQUERADE', 'xt_addrtype', 'xt_conntrack', 'nft_compat'];
