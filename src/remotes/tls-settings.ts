// How the way to a server is encrypted, from the settings tls, tls-name, tls-ca and tls-verify.

import { driverFor } from '../drivers/registry.ts';
import { printable } from '../errors.ts';
import type { RemoteDirType, TlsSettings } from './remote-dir.ts';
import { checkAddr } from './server-addr.ts';
import { checkVolPath } from './share-path.ts';

export interface GivenTls {
  readonly tls: boolean | undefined;
  readonly name: string | undefined;
  readonly ca: string | undefined;
  readonly verify: boolean | undefined;
}

type Fault = (key: string, problem: string) => void;

export function tlsOf(given: GivenTls, type: RemoteDirType, fault: Fault): TlsSettings | undefined {
  const beside = [
    ['tls-name', given.name],
    ['tls-ca', given.ca],
    ['tls-verify', given.verify],
  ] as const;
  const said = beside.filter(([, value]) => value !== undefined).map(([key]) => key);
  const { tls: taken } = driverFor(type);
  if (taken === undefined) {
    for (const key of [...(given.tls === true ? ['tls'] : []), ...said]) fault(key, notFor(type));
    return undefined;
  }
  if (!(given.tls ?? taken === 'unless refused')) {
    for (const key of said) fault(key, 'means nothing without tls; set tls to true, or leave it out');
    return undefined;
  }
  const name = given.name === undefined ? undefined : checkAddr(given.name);
  if (given.name !== undefined && name === undefined)
    fault('tls-name', `expected a host name or address, found "${printable(given.name)}"`);
  const ca = given.ca === undefined ? undefined : fileOf(given.ca, problem => fault('tls-ca', problem));
  if (given.ca !== undefined && given.verify === false)
    fault('tls-ca', 'means nothing where tls-verify is false; keep one of them');
  return {
    ...(name === undefined ? {} : { name }),
    ...(ca === undefined ? {} : { ca }),
    verify: given.verify ?? true,
  };
}

function fileOf(text: string, fault: (problem: string) => void): string | undefined {
  const checked = text === '.' ? { path: '.' } : checkVolPath(text);
  if ('path' in checked && checked.path !== '') return checked.path;
  fault('fault' in checked ? checked.fault : 'expected the name of a file');
  return undefined;
}

const notFor = (type: RemoteDirType) =>
  type === 'nfs3'
    ? 'cannot go with NFSv3, which needs more ports than one; use type nfs4, or leave it out'
    : `a ${type} remote dir has none; leave it out`;
