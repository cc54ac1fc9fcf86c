// Amazon EFS: an NFSv4 server whose names, options and ways to encrypt are known. Nothing is asked of AWS beside the file
// system itself: region and ids stand in the settings.

import type { RemoteDir } from '../remotes/remote-dir.ts';
import { nameOf, says, shapeFault, splitArg } from './common-args.ts';
import type { Driver } from './driver.ts';
import { nfsDriver, versionNames } from './nfs.ts';

const nfs4 = nfsDriver('nfs4');

export const efsDriver: Driver & { readonly type: 'efs' } = {
  ...nfs4,
  type: 'efs',
  tls: 'unless refused',
  pathIsTop: true,
  refuseArg: arg => shapeFault(arg) ?? refusalOf(arg) ?? nfs4.refuseArg(arg),
  dataPlan: dir => nfs4.dataPlan(recommended(dir)),
  controlPlan: dir => nfs4.controlPlan(recommended(dir)),
};

/** What AWS wants its file systems to be mounted with; what the user says comes first. */
function recommended(dir: RemoteDir): RemoteDir {
  const { args } = dir;
  const missing = [
    ...(says(args, ...versionNames) ? [] : ['nfsvers=4.1']),
    ...['rsize=1048576', 'wsize=1048576', 'timeo=600', 'retrans=2'].filter(arg => !says(args, nameOf(arg))),
    // A connection that is made anew comes from another port, so that nothing on the way takes it for the old one.
    ...(says(args, 'resvport', 'noresvport') ? [] : ['noresvport']),
  ];
  return { ...dir, args: [...missing, ...args] };
}

function refusalOf(arg: string): string | undefined {
  const { name, value } = splitArg(arg);
  const setting = settings.get(name);
  if (setting !== undefined) return setting;
  const asked = name.startsWith('v4') ? name.slice(1) : value;
  if (versionNames.includes(name) && asked !== '4.0' && asked !== '4.1')
    return 'is not a version that EFS speaks; expected 4.0 or 4.1, or leave it out';
  if (name === 'minorversion' && value === '2') return 'is not a minor version that EFS speaks; expected 0 or 1';
  if (name === 'xprtsec') return 'is not spoken by EFS; it is encrypted by tls, which is on unless you say otherwise';
  if (name === 'sec' && value !== 'sys') return 'is not spoken by EFS; leave it out';
  return undefined;
}

/** Options of the mount helper that AWS has, which is not used here. */
const settings: ReadonlyMap<string, string> = new Map([
  ['tls', 'is a setting of its own: tls, which is on unless you say otherwise'],
  ['notls', 'is a setting of its own: tls; set it to false'],
  ['accesspoint', 'is a setting of its own: access-point'],
  ['mounttargetip', 'is a setting of its own: addr, with tls-name for the name of the file system'],
  ['region', 'is a setting of its own: region'],
  ['tlsport', 'is decided by the plugin; leave it out'],
  ...['iam', 'awscredsuri', 'awsprofile', 'rolearn'].map(
    name => [name, 'is about credentials of AWS, which this plugin neither has nor asks for'] as const,
  ),
]);
