import { closeSync } from 'node:fs';
import type { Root } from '../../root.ts';

/** What comes in one piece, of at most a page or of any size, saves a system call per read: see Root's `…Of`. */
export type FileKind = 'page' | 'record';

/**
 * A file read again and again through one open descriptor: /proc and /sys write it afresh for each read from its start,
 * and opening costs more than reading. A file that is not there is not tried again before `close`.
 */
export class KeptFile {
  readonly path: string;
  readonly #root: Root;
  readonly #read: (descriptor: number) => Buffer | undefined;
  #descriptor: number | undefined;
  #missing = false;

  constructor(root: Root, path: string, kind?: FileKind) {
    this.#root = root;
    this.path = path;
    this.#read =
      kind === 'page'
        ? descriptor => root.pageOf(descriptor)
        : kind === 'record'
          ? descriptor => root.recordOf(descriptor)
          : descriptor => root.bytesOf(descriptor);
  }

  /** The whole file, in the root's shared buffer: parse it before reading on. `undefined` when it can't be read. */
  bytes(): Buffer | undefined {
    if (this.#missing) return undefined;
    if (this.#descriptor !== undefined) {
      const bytes = this.#read(this.#descriptor);
      if (bytes) return bytes;
      // What was behind it has gone (a zram device, a node): something else may stand under its name by now.
      this.close();
    }
    this.#descriptor = this.#root.open(this.path);
    const bytes = this.#descriptor === undefined ? undefined : this.#read(this.#descriptor);
    if (!bytes) {
      this.close();
      this.#missing = true;
    }
    return bytes;
  }

  /** The whole file as text, without its last newline. */
  text(): string | undefined {
    const bytes = this.bytes();
    if (!bytes) return undefined;
    return bytes.toString('utf8', 0, bytes.at(-1) === 10 ? bytes.length - 1 : bytes.length);
  }

  /** Gives the descriptor back; the next read opens the file again. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#missing = false;
  }
}
