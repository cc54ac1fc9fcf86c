import { command } from './command.ts';

/** dockerd loads some of these itself, where a modprobe is in reach; a host in namespaces should find them all there. */
export async function loadModulesForDocker(): Promise<void> {
  await command('modprobe', '-a', 'overlay', 'bridge', 'br_netfilter', 'veth', ...firewall);
}

export async function loadModulesForNfs(): Promise<void> {
  // Before anything loads lockd with its defaults: the first NFSv3 lock would wait for a grace period of 50 s.
  await command('modprobe', 'lockd', 'nlm_timeout=3', 'nlm_grace_period=3');
  await command('modprobe', '-a', 'nfsd', 'nfs', 'nfsv3', 'nfsv4');
}

const firewall = ['iptable_nat', 'iptable_filter', 'xt_MASQUERADE', 'xt_addrtype', 'xt_conntrack', 'nft_compat'];
