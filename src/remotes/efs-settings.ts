// What Amazon EFS has beside an NFS server: the settings region and access-point, and ids in place of addresses.

import { ACCESS_POINT_ID, FILE_SYSTEM_ID, fileSystemOf, REGION } from '../drivers/efs-names.ts';
import { printable } from '../errors.ts';
import type { RemoteDirType, TlsSettings } from './remote-dir.ts';

export interface GivenEfs {
  readonly addrs: readonly string[];
  readonly region: string | undefined;
  readonly accessPoint: string | undefined;
  readonly tls: TlsSettings | undefined;
}

type Fault = (key: string, problem: string) => void;

export function efsFaults(given: GivenEfs, type: RemoteDirType, fault: Fault): void {
  const { addrs, region, accessPoint, tls } = given;
  if (type !== 'efs') {
    for (const [key, value] of [
      ['region', region],
      ['access-point', accessPoint],
    ] as const)
      if (value !== undefined) fault(key, `a ${type} remote dir has none; leave it out`);
    return;
  }
  const addr = addrs.find(each => FILE_SYSTEM_ID.test(each)) ?? addrs[0];
  const isId = addr !== undefined && FILE_SYSTEM_ID.test(addr);
  // Its name leads to one mount target or another, as AWS sees fit.
  if (isId && addrs.length > 1)
    fault('addr', `"${addr}" is the id of a file system and stands for all its addresses; keep that alone`);
  if (isId && region === undefined)
    fault('region', 'missing; expected the AWS region of the file system, such as eu-central-1');
  if (region !== undefined && !REGION.test(region))
    fault('region', `expected an AWS region such as eu-central-1, found "${printable(region)}"`);
  if (region !== undefined && addr !== undefined && !isId)
    fault('region', 'is for an addr that is the id of a file system (fs-…); leave it out');
  if (accessPoint === undefined) return;
  if (!ACCESS_POINT_ID.test(accessPoint))
    fault('access-point', `expected the id of an access point (fsap-…), found "${printable(accessPoint)}"`);
  // EFS reads it from the certificate that we show, and without TLS there is none.
  if (tls === undefined) fault('access-point', 'needs tls; leave tls out, or set it to true');
  const known = isId || [addr, tls?.name].some(name => name !== undefined && fileSystemOf(name) !== undefined);
  if (!known && tls !== undefined)
    fault(
      'access-point',
      'goes with the id of its file system: write that as addr, or its name (fs-….efs.REGION.amazonaws.com) as tls-name',
    );
}
