// The shares of the suite: all on one server, some behind its TLS front.

import { addressOf } from '../../../../src/mounts/tls-front.ts';
import { serverAddress } from '../../guest/nfs-server.ts';
import { TlsFrontServer } from '../../guest/tls-front.ts';

const PORT = 20490;
export const front = new TlsFrontServer(serverAddress, PORT);

export const EFS = 'tls-efs';
export const NFS4 = 'tls-nfs4';
export const labels = [EFS, NFS4] as const;

/** Without TLS, and of a version whose connections the kernel never shares with another. */
export const PLAIN = 'tls-none';

/** For what happens when one server is mounted both ways, in a version that nothing else here uses. */
export const OTHER = { plain: 'tls-before', tls: 'tls-after', version: 'vers=4.2' } as const;

const behindTls = { addr: serverAddress, port: PORT, 'tls-ca': 'ca.pem' };

export const remoteDirs = {
  // TLS is on by itself here, and so is version 4.1.
  [EFS]: { ...behindTls, type: 'efs', path: `/srv/${EFS}` },
  [NFS4]: { ...behindTls, type: 'nfs4', tls: true, path: `/srv/${NFS4}`, args: 'vers=4.1' },
  [PLAIN]: { type: 'nfs3', addr: serverAddress, path: `/srv/${PLAIN}` },
};

/** The same as options of docker volume create. */
export const optionsOf = (more: Readonly<Record<string, string>>) => ({
  ...{ type: 'nfs4', addr: serverAddress, port: String(PORT), tls: 'true', 'tls-ca': 'ca.pem' },
  ...more,
});

/** Where the proxy to the front listens, on every host: both remote dirs have the same settings of TLS. */
export const proxyAddress = addressOf({
  ...{ host: serverAddress, port: PORT, name: serverAddress, verify: true, ca: 'ca.pem' },
});

export const fileOf = (label: string, path: string) => `/srv/${label}/${path}`;
