// What one stunnel is given: its configuration, the authorities it trusts and the certificate it shows, in a folder in memory
// that nobody else sees.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printable, reasonOf } from '../errors.ts';
import type { RunCommand } from '../system/run-command.ts';
import { makeAccessPointCertificate } from './access-point-certificate.ts';
import { hintFor, readFromMount } from './credentials.ts';
import { NoProxy } from './no-proxy.ts';
import { stunnelConfig } from './stunnel-config.ts';
import { systemAuthoritiesFile } from './system-authorities.ts';
import type { TlsFront } from './tls-front.ts';

export interface TlsFilesParts {
  /** The settable mount with the files of this host. */
  readonly source: string;
  readonly run: RunCommand;
}

/** The place of the configuration. Throws what is missing, in words. */
export async function writeTlsFiles(front: TlsFront, folder: string, parts: TlsFilesParts): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const ca = front.verify ? await writeAuthorities(front, folder, parts) : undefined;
  const client = front.accessPoint === undefined ? undefined : join(folder, 'client.pem');
  // Made once in a life: it takes a second, and a proxy that has died is waited for.
  if (client !== undefined && front.accessPoint !== undefined && !existsSync(client))
    await makeAccessPointCertificate(front.accessPoint, client, parts.run);
  const config = join(folder, 'stunnel.conf');
  writeFileSync(config, stunnelConfig(front, { ca, client }, process.getuid?.() === 0), { mode: 0o600 });
  return config;
}

/** The certificates of the authorities that a server has to have its own from. Throws why they cannot be had, in words. */
export async function authoritiesOf(front: TlsFront, source: string): Promise<string> {
  if (front.ca === undefined) return readFileSync(systemAuthoritiesFile(), 'utf8');
  const shown = `the file "${printable(front.ca)}" that tls-ca names`;
  let text: string;
  try {
    text = (await readFromMount(source, front.ca)).reveal();
  } catch (error) {
    throw new NoProxy(`${shown} cannot be read: ${reasonOf(error)}${hintFor(source, front.ca, error)}`);
  }
  if (text.includes('PRIVATE KEY'))
    throw new NoProxy(`${shown} holds a private key; it is to hold certificates of authorities and nothing else`);
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new NoProxy(
      `${shown} holds no certificate; expected the PEM form, which begins with -----BEGIN CERTIFICATE-----`,
    );
  return text;
}

async function writeAuthorities(front: TlsFront, folder: string, { source }: TlsFilesParts): Promise<string> {
  // Memory is small there, and the system's list is not.
  if (front.ca === undefined) return systemAuthoritiesFile();
  const file = join(folder, 'authorities.pem');
  writeFileSync(file, await authoritiesOf(front, source), { mode: 0o600 });
  return file;
}
