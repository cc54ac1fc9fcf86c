// The only list of protocols.

import type { RemoteDirType } from '../remotes/remote-dir.ts';
import { cifsDriver } from './cifs.ts';
import type { Driver } from './driver.ts';
import { efsDriver } from './efs.ts';
import { localDriver } from './local.ts';
import { nfsDriver } from './nfs.ts';

export function driverFor(type: RemoteDirType): Driver {
  return drivers[type];
}

const drivers: { readonly [T in RemoteDirType]: Driver & { readonly type: T } } = {
  nfs3: nfsDriver('nfs3'),
  nfs4: nfsDriver('nfs4'),
  efs: efsDriver,
  cifs: cifsDriver,
  local: localDriver,
};

export const driverTypes = Object.values(drivers).map(driver => driver.type);
