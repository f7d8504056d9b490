/**
 * XDR (RFC 4506), as far as libvirt's messages need it: big-endian, everything in units of four bytes. What is read may be
 * anybody's bytes: no length in them is believed further than they reach, and nothing is reserved by one.
 */

/** What was read is none of that kind. */
export class XdrError extends Error {}

const padding = (length: number): number => -length & 3;

/** Writes values one after the other. */
export class XdrWriter {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value | 0);
    this.#parts.push(part);
    return this;
  }

  hyper(value: bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64BE(BigInt.asUintN(64, value));
    this.#parts.push(part);
    return this;
  }

  double(value: number): this {
    const part = Buffer.allocUnsafe(8);
    part.writeDoubleBE(value);
    this.#parts.push(part);
    return this;
  }

  /** Bytes of a length that the reader knows. */
  fixed(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes), Buffer.alloc(padding(bytes.length)));
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    return this.int(bytes.length).fixed(bytes);
  }

  /** One that may be absent; `write` only if it is there. */
  optional<Value>(value: Value | undefined, write: (value: Value) => unknown): this {
    this.int(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
    return this;
  }

  list<Value>(values: readonly Value[], write: (value: Value) => unknown): this {
    this.int(values.length);
    values.forEach(write);
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads values one after the other. @throws XdrError where there are fewer bytes than that, or none that fit. */
export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  uint(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** Signed. */
  hyper(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  unsignedHyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  /** Bytes of a known length. */
  fixed(length: number): Buffer {
    const at = this.#take(length + padding(length));
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    return this.fixed(this.uint()).toString();
  }

  optional<Value>(read: () => Value): Value | undefined {
    switch (this.uint()) {
      case 0:
        return undefined;
      case 1:
        return read();
      default:
        throw new XdrError('neither there nor absent');
    }
  }

  /** Each one takes four bytes at least, so that no length makes more work than there are bytes. */
  list<Value>(read: () => Value): Value[] {
    const length = this.uint();
    if (length * 4 > this.#bytes.length - this.#at) throw new XdrError(`a list of ${length} in too few bytes`);
    return Array.from({ length }, read);
  }

  /** @throws XdrError where something is left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new XdrError(`${left} bytes too many`);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at)
      throw new XdrError(`${length} bytes where ${this.#bytes.length - at} are left`);
    this.#at += length;
    return at;
  }
}
