// NFS version 3 and version 4, which differ in little more than a number.

import type { MountPlan } from '../mounts/mount-plan.ts';
import { hostOf, type RemoteDir } from '../remotes/remote-dir.ts';
import { nameOf, roIfAsked, says, shownValue } from './common-args.ts';
import type { Driver } from './driver.ts';
import { conflictsOf, refusalOf } from './nfs-args.ts';
import { frontOf, tlsFaults, wayTo } from './tls.ts';

const NFS_PROGRAM = 100003;
const NFS_PORT = 2049;

export function nfsDriver<T extends 'nfs3' | 'nfs4'>(type: T): Driver & { readonly type: T } {
  const version = type === 'nfs3' ? 3 : 4;

  const plan = (dir: RemoteDir, options: readonly string[]): MountPlan => {
    const { source, portOptions, through } = wayTo(dir, frontOf(dir, NFS_PORT));
    return {
      kind: 'helper',
      helper: 'mount.nfs',
      source,
      options: [
        ...(says(dir.args, ...versionNames) ? [] : [`vers=${version}`]),
        ...portOptions,
        ...options,
        // Without it the helper goes on for two minutes; who waits, and how long, is decided above.
        'retry=0',
        ...roIfAsked(dir),
        // Last, because the helper lets a later word win.
        'nosuid',
        'nodev',
      ],
      // A v4 mount shows as nfs4 whatever it was called when mounted.
      fsTypes: [version === 3 ? 'nfs' : 'nfs4'],
      ...through,
    };
  };

  return {
    type,
    needsAddr: true,
    asksForFolders: true,
    port: NFS_PORT,
    refuseArg: arg => refusalOf(arg, version),
    conflicts: conflictsOf,
    // NFSv3 would need a proxy for each of its services.
    ...(version === 4 ? { tls: 'when asked for', faults: tlsFaults } : {}),
    dataPlan: dir =>
      plan(dir, [
        ...(says(dir.args, 'soft', 'softerr', 'hard') ? [] : ['hard']),
        // Another host may have made the file a moment ago: that it was not there is never remembered.
        ...(says(dir.args, 'lookupcache') ? [] : ['lookupcache=positive']),
        ...dir.args,
      ]),
    controlPlan: dir =>
      plan(dir, [
        ...dir.args.filter(arg => connectionNames.has(nameOf(arg))),
        // Our files are guarded by renames; a lock daemon that is down must not keep us from the share.
        ...(version === 3 ? ['nolock'] : []),
        ...controlOptions,
      ]),
    probe: dir => {
      const front = frontOf(dir, NFS_PORT);
      if (front !== undefined) return { kind: 'tls', front, program: NFS_PROGRAM, version };
      return { kind: 'rpc', host: hostOf(dir), port: dir.port ?? NFS_PORT, program: NFS_PROGRAM, version };
    },
    negotiated,
  };
}

// vers=4 lets mount.nfs settle the minor version: it tries 4.2 first and goes down to what the server has, never to
// version 3. vers=4.1 and the like are taken as they are, and the mount fails where the server has another.
export const versionNames = ['vers', 'nfsvers', 'v3', 'v4', 'v4.0', 'v4.1', 'v4.2'];

const controlOptions = [
  'soft',
  'timeo=50',
  'retrans=2',
  // Else the kernel gives us the superblock of the data mount, and `soft` with it is gone.
  'nosharecache',
  'lookupcache=none',
  'acdirmin=0',
  'acdirmax=0',
];

// How the server is reached, and as whom. nconnect and its like belong here: mounts of one server and version share their
// connections, and the first mount, which is mostly ours, settles how many there are.
const connectionNames = new Set([
  ...versionNames,
  'minorversion',
  'proto',
  'tcp',
  'udp',
  'rdma',
  'mountport',
  'mountproto',
  'mountvers',
  'sec',
  'xprtsec',
  'resvport',
  'noresvport',
  'nconnect',
  'max_connect',
  'trunkdiscovery',
  'notrunkdiscovery',
  'migration',
  'nomigration',
  'rsize',
  'wsize',
]);

function negotiated(mountOptions: readonly string[]): string | undefined {
  const version = shownValue(mountOptions, 'vers') ?? shownValue(mountOptions, 'nfsvers');
  const minor = shownValue(mountOptions, 'minorversion');
  return version === '4' && minor !== undefined ? `4.${minor}` : version;
}
