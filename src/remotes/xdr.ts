// XDR (RFC 4506), as much of it as asking a server takes. Everything is a multiple of four bytes, big-endian.

/** What came over the wire is not what was agreed on. Never leaves the files that read replies. */
export class Malformed extends Error {}

export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint(): number {
    return this.#take(4).readUInt32BE();
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) throw new Malformed(`a yes or no is ${value}`);
    return value === 1;
  }

  opaque(limit: number): Buffer {
    const length = this.uint();
    if (length > limit) throw new Malformed(`a field of ${length} bytes where ${limit} are allowed`);
    return this.#take(padded(length)).subarray(0, length);
  }

  text(limit: number): string {
    return this.opaque(limit).toString('utf8');
  }

  rest(): Buffer {
    return this.#take(this.#bytes.length - this.#at);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed('the reply ends too early');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

export function uints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4);
  });
  return bytes;
}

export function opaque(value: Buffer | string): Buffer {
  const data = Buffer.from(value);
  return Buffer.concat([uints(data.length), data, Buffer.alloc(padded(data.length) - data.length)]);
}

const padded = (length: number) => Math.ceil(length / 4) * 4;
