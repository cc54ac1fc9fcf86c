// The certificate by which Amazon EFS is told which access point is meant: one that we sign ourselves, with the ids of access
// point and file system in extensions of its own. It proves nothing and opens nothing, so anybody may make one; the key is
// kept as if it did.

import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunCommand } from '../system/run-command.ts';
import { NoProxy } from './no-proxy.ts';
import type { TlsFront } from './tls-front.ts';

export type AccessPoint = NonNullable<TlsFront['accessPoint']>;

const MAKE_MS = 20_000;
const DAYS = '3650';

/** Writes key and certificate to `file`; throws what is wrong, in words. */
export async function makeAccessPointCertificate(
  accessPoint: AccessPoint,
  file: string,
  run: RunCommand,
  openssl = 'openssl',
): Promise<void> {
  const [request, key, certificate] = ['request', 'key', 'certificate'].map(what =>
    join(file, '..', `${what}-${randomUUID()}`),
  ) as [string, string, string];
  try {
    writeFileSync(request, requestOf(accessPoint), { mode: 0o600 });
    writeFileSync(key, '', { mode: 0o600 });
    const made = ['req', '-x509', '-newkey', 'rsa:3072', '-nodes', '-sha256', '-days', DAYS];
    const result = await run(openssl, [...made, '-config', request, '-keyout', key, '-out', certificate], {
      milliseconds: MAKE_MS,
    });
    if (result.startError !== undefined)
      throw new NoProxy(
        'openssl, which makes the certificate of the access point, is not installed on this host; install openssl, or use the managed plugin, which brings it',
      );
    if (!result.ok) throw new NoProxy('openssl could not make the certificate of the access point');
    writeFileSync(file, `${readFileSync(key, 'utf8')}${readFileSync(certificate, 'utf8')}`, { mode: 0o600 });
  } finally {
    for (const each of [request, key, certificate]) rmSync(each, { force: true });
  }
}

/** What openssl is to put into it. The ids are checked at the border: letters, digits and "-". */
export const requestOf = ({ id, fileSystem }: AccessPoint) =>
  [
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'x509_extensions = efs',
    '[subject]',
    `CN = ${id}`,
    '[efs]',
    'subjectKeyIdentifier = hash',
    `1.3.6.1.4.1.4843.7.1 = ASN1:UTF8String:${id}`,
    `1.3.6.1.4.1.4843.7.3 = ASN1:UTF8String:${fileSystem}`,
    '',
  ].join('\n');
