// A TCP server on loopback for protocols whose messages come behind a word with their length, as those of RPC and SMB do.

import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RecordServer {
  readonly port: number;
  openConnections(): number;
  stop(): Promise<void>;
}

/** `onMessage` gets all that has come once the first message is whole; the highest bit of the length is no part of it. */
export async function startRecordServer(
  onMessage: (received: Buffer, socket: Socket) => void,
  host = '127.0.0.1',
): Promise<RecordServer> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + (received.readUInt32BE() & 0x7fffffff)) return;
      onMessage(received, socket);
    });
  });
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    openConnections: () => sockets.size,
    stop: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
