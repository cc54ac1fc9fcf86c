// One kept-alive connection to the plugin's socket, as thin as can be: on a small machine a full HTTP client would take
// more time than the plugin.

import { connect } from 'node:net';

const ANSWERS_WITHIN = 60_000;

/**
 * @typedef {object} Connection
 * @property {(method: string, body: object) => Promise<any>} call one at a time; rejects when the plugin answers with Err
 * @property {() => void} close
 */

/**
 * @param {string} path
 * @returns {Connection}
 */
export function openConnection(path) {
  const socket = connect(path);
  let received = Buffer.alloc(0);
  /** @type {Buffer[]} */
  let chunks = [];
  let missing = 0;
  /** @type {{ resolve: (body: any) => void, reject: (error: Error) => void } | undefined} */
  let waiting;

  const settle = () => {
    const current = waiting;
    const body = JSON.parse(received.subarray(received.indexOf('\r\n\r\n') + 4).toString());
    [waiting, chunks, missing] = [undefined, [], 0];
    if (body.Err) current?.reject(new Error(body.Err));
    else current?.resolve(body);
  };
  socket.setTimeout(ANSWERS_WITHIN, () => socket.destroy(new Error('no answer')));
  socket.on('error', error => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the plugin closed the connection')));
  socket.on('data', chunk => {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing > 0) return;
    received = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /content-length: (\d+)/i.exec(received.toString('latin1', 0, head))?.[1];
    if (length === undefined) socket.destroy(new Error('an answer without Content-Length'));
    missing = head + 4 + Number(length) - received.length;
    chunks = [received];
    if (missing <= 0) settle();
  });

  return {
    call: (method, body) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        const text = JSON.stringify(body);
        const path = method.includes('.') ? method : `VolumeDriver.${method}`;
        socket.write(`POST /${path} HTTP/1.1\r\nHost: \r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      }),
    close: () => socket.destroy(),
  };
}
