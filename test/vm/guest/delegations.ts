// What the file server has promised its clients of NFSv4: nobody changes this file until you have given it back.

import { readdirSync, readFileSync } from 'node:fs';

const CLIENTS = '/proc/fs/nfsd/clients';

export interface Delegation {
  /** Of NFS. */
  readonly version: string;
  /** With the folder it is in. */
  readonly file: string;
}

/** What the host of this name holds, as the server writes it down. */
export function delegationsOf(host: string): Delegation[] {
  return readdirSync(CLIENTS).flatMap(id => {
    const { name, version } = identityOf(read(`${CLIENTS}/${id}/info`));
    if (name !== host) return [];
    return read(`${CLIENTS}/${id}/states`)
      .split('\n')
      .filter(line => line.includes('type: deleg'))
      .map(line => ({ version, file: /filename: "(?<file>[^"]*)"/.exec(line)?.groups?.['file'] ?? line }));
  });
}

/** The kernel's clients call themselves "Linux NFSv4.2 HOST", and of version 4.0 "Linux NFSv4.0 HOST/SERVER". */
function identityOf(info: string): { name: string; version: string } {
  const found = /name: "Linux NFSv(?<version>4\.\d) (?<name>[^"/]*)/.exec(info)?.groups;
  return { name: found?.['name'] ?? '', version: found?.['version'] ?? '' };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The client has gone in between.
    return '';
  }
}
