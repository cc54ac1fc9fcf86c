// Where this host's system keeps the certificates of the authorities it trusts, in one file.

import { statSync } from 'node:fs';
import { NoProxy } from './no-proxy.ts';

/** Debian's and Ubuntu's place, which is the plugin's own, then those of Fedora, SUSE and Alpine. */
const PLACES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Throws when there is none, in words. */
export function systemAuthoritiesFile(places: readonly string[] = PLACES): string {
  const found = places.find(place => statSync(place, { throwIfNoEntry: false })?.isFile() === true);
  if (found !== undefined) return found;
  throw new NoProxy(
    `this host has no list of authorities (looked for ${places.join(', ')}); install ca-certificates, or name a file of your own with tls-ca`,
  );
}
