import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { isListening } from '../../../src/system/listening.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0201637F:01EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1550055 1
   1: 0301637F:01EB 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1550056 1
`;

describe('whether somebody listens', () => {
  test('is told by address, port and state', () => {
    expect(isListening('127.99.1.2', 491, table)).toBe(true);
    expect(isListening('127.99.1.2', 492, table)).toBe(false);
    expect(isListening('127.99.1.1', 491, table)).toBe(false);
    // Only connected.
    expect(isListening('127.99.1.3', 491, table)).toBe(false);
  });

  test('is read of this host', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.77.1.2', resolve));
    const { port } = server.address() as AddressInfo;
    expect(isListening('127.77.1.2', port)).toBe(true);
    await new Promise(resolve => server.close(resolve));
    expect(isListening('127.77.1.2', port)).toBe(false);
  });
});
