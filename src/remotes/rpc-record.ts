// Record marking (RFC 5531 §11): over TCP a message comes in fragments, each behind a word with its length and a last-one bit.

import { Malformed } from './xdr.ts';

const HEADER = 4;

/** Puts one record together from whatever pieces the network delivers, never holding more than `limit` bytes. */
export class RecordReader {
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #seen = 0;
  #header = Buffer.alloc(0);
  #missing = 0;
  #last = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The record once it is complete, undefined before; throws Malformed when it would be too large. */
  push(chunk: Buffer): Buffer | undefined {
    // All bytes are counted, headers too: an endless row of empty fragments is no way round the limit.
    this.#seen += chunk.length;
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#missing > 0 ? this.#takeData(rest) : this.#takeHeader(rest);
      if (this.#last && this.#missing === 0 && this.#header.length === 0) return Buffer.concat(this.#parts);
    }
    if (this.#seen > this.#limit) throw new Malformed(`more than ${this.#limit} bytes came`);
    return undefined;
  }

  #takeHeader(bytes: Buffer): Buffer {
    const length = HEADER - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, length)]);
    if (this.#header.length === HEADER) {
      const word = this.#header.readUInt32BE();
      this.#header = Buffer.alloc(0);
      this.#last = word >= 0x80000000;
      this.#missing = word % 0x80000000;
      if (this.#missing > this.#limit) throw new Malformed(`a reply of ${this.#missing} bytes was announced`);
    }
    return bytes.subarray(length);
  }

  #takeData(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#missing);
    this.#parts.push(part);
    this.#missing -= part.length;
    return bytes.subarray(part.length);
  }
}
