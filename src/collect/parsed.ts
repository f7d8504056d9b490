/**
 * What was parsed of a file that is read again and again. As long as its bytes stay as they were, so does the result, the
 * very same object: it is not parsed again, and who compares Samples (the recorder) need not look into it.
 */
export class Parsed<Part extends object> {
  readonly #parse: (bytes: Buffer) => Part | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #length = -1;
  #part: Part | undefined;

  constructor(parse: (bytes: Buffer) => Part | undefined) {
    this.#parse = parse;
  }

  /** `parse` of the bytes from `from` to `to`, the only ones that it depends on. They may be overwritten afterwards. */
  of(bytes: Buffer, from = 0, to = bytes.length): Part | undefined {
    const length = to - from;
    if (length === this.#length && bytes.compare(this.#bytes, 0, length, from, to) === 0) return this.#part;
    this.#part = this.#parse(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
    // Files differ by a digit from one reading to the next: some room saves getting a buffer for each.
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length + 32);
    bytes.copy(this.#bytes, 0, from, to);
    this.#length = length;
    return this.#part;
  }
}
