// A throw-away authority, and certificates from it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** Its certificate, in PEM. */
  readonly file: string;
  readonly folder: string;
}

export function makeAuthority(folder: string, name: string): Authority {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const file = join(own, 'ca.pem');
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-keyout',
    join(own, 'ca.key'),
    '-out',
    file,
    '-subj',
    `/CN=${name}`,
  );
  return { file, folder: own };
}

/** Key and certificate for these names, in one file. `alternatives` as openssl writes them: DNS:nas.example,IP:127.0.0.1 */
export function makeCertificate({ folder, file }: Authority, name: string, alternatives: string): string {
  const at = (end: string) => join(folder, `${name}.${end}`);
  writeFileSync(at('ext'), `subjectAltName = ${alternatives}\n`);
  openssl('req', ...newKey, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${name}`);
  const by = ['-CA', file, '-CAkey', join(folder, 'ca.key'), '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', at('csr'), '-out', at('crt'), '-extfile', at('ext'), ...by);
  writeFileSync(at('pem'), ['key', 'crt'].map(end => readFileSync(at(end), 'utf8')).join(''));
  return at('pem');
}

/** Key and certificate of a server that is its own authority, in one file, and the certificate alone beside it. */
export function makeSelfSigned(folder: string, name: string, alternatives: string): { both: string; alone: string } {
  const at = (end: string) => join(folder, `${name}.${end}`);
  const own = ['-subj', `/CN=${name}`, '-addext', `subjectAltName = ${alternatives}`];
  openssl('req', '-x509', ...newKey, '-days', '2', '-keyout', at('key'), '-out', at('alone.pem'), ...own);
  writeFileSync(at('pem'), ['key', 'alone.pem'].map(end => readFileSync(at(end), 'utf8')).join(''));
  return { both: at('pem'), alone: at('alone.pem') };
}

/** Quick to make, also where a processor is emulated. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
