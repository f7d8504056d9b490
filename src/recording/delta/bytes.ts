import { RecordingError } from '../tape.ts';

/** What is beyond this can't be a zigzag number without losing its last bit. */
export const largestZigzag = 2 ** 52;

/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  length = 0;

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more));
    this.#bytes.copy(bytes, 0, 0, this.length);
    this.#bytes = bytes;
  }

  /** An integer from 0 to 2^53 − 1: seven bits a byte, the lowest first; the top bit says that more follow. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.length++] = rest;
  }

  /** An integer of less than 2^52 either way: small ones are short, whatever their sign. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  double(value: number): void {
    this.#room(8);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written so far, until something is written again. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Reads what a ByteWriter wrote. Throws a RecordingError where it ends too early or was never written by one. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  #need(bytes: number): void {
    if (this.#bytes.length - this.#at < bytes) throw new RecordingError('a sample of the recording ends too early');
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    while (true) {
      this.#need(1);
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * factor;
      // Also where all that a ninth byte adds is nothing: there could be bytes without end, until even nothing is no number.
      if (value > Number.MAX_SAFE_INTEGER || factor > Number.MAX_SAFE_INTEGER)
        throw new RecordingError('a sample of the recording has an impossible number');
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  take(bytes: number): Uint8Array {
    this.#need(bytes);
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }
}
