// Is somebody of this host listening at an IPv4 address? The kernel's table says so, and nobody is connected to for it.
//
//   sl  local_address rem_address   st …
//    0: 0201637F:01EB 00000000:0000 0A …      address and port in hexadecimal digits, 0A: listening

import { readFileSync } from 'node:fs';

export function isListening(address: string, port: number, table = readFileSync('/proc/net/tcp', 'latin1')): boolean {
  const ours = `${hex(address)}:${port.toString(16).padStart(4, '0').toUpperCase()}`;
  return table.split('\n').some(line => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local === ours && state === LISTENING;
  });
}

const LISTENING = '0A';

/** As the processors we run on keep it: the last byte first. */
function hex(address: string): string {
  const bytes = address.split('.').map(Number).reverse();
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
