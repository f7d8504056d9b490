import { closeSync, constants, opendirSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const firstNames = (path: string, most: number): string[] => {
  const folder = opendirSync(path);
  try {
    const names: string[] = [];
    for (let entry = folder.readSync(); entry && names.length < most; entry = folder.readSync()) names.push(entry.name);
    return names;
  } finally {
    folder.closeSync();
  }
};

/**
 * Where `/proc`, `/sys` and `/dev` are read: `/`, or a folder of fixtures. Every look at the host's files goes through
 * it. It only reads: writing is the gate's (actions/gate/perform.ts).
 *
 * A file that is not there, or that may not be read, is `undefined`: optional files are the rule in /proc and /sys.
 * Paths that were refused for lack of privilege are kept in `denied`, so that they can be told.
 */
export class Root {
  readonly dir: string;
  readonly denied = new Set<string>();
  #buffer = Buffer.allocUnsafe(64 * 1024);

  constructor(dir = '/') {
    this.dir = dir;
  }

  /** The true path of `path`, which starts with a slash. */
  path(path: string): string {
    return this.dir === '/' ? path : join(this.dir, path);
  }

  get isHost(): boolean {
    return this.dir === '/';
  }

  /** The whole file as text, without its last newline. */
  read(path: string): string | undefined {
    const bytes = this.bytes(path);
    if (!bytes) return undefined;
    const end = bytes.length > 0 && bytes[bytes.length - 1] === 10 ? bytes.length - 1 : bytes.length;
    return bytes.toString('utf8', 0, end);
  }

  /** The whole file, in a buffer that the next call uses again: parse it before reading on. */
  bytes(path: string): Buffer | undefined {
    const descriptor = this.open(path);
    if (descriptor === undefined) return undefined;
    try {
      return this.bytesOf(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /**
   * Opens for reading; the caller closes. A descriptor kept open gives fresh data at every `bytesOf`. Nothing is waited for:
   * a pipe in a captured tree would never come, and some files of /proc only when something happens.
   */
  open(path: string): number | undefined {
    return this.#attempt(path, () => openSync(this.path(path), constants.O_RDONLY | constants.O_NONBLOCK));
  }

  /** Reads an open file from its start, into the shared buffer. `undefined` when the process behind it has gone. */
  bytesOf(descriptor: number): Buffer | undefined {
    let length = 0;
    try {
      for (;;) {
        const got = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
        if (got === 0) return this.#buffer.subarray(0, length);
        length += got;
        if (length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
      }
    } catch {
      return undefined;
    }
  }

  /**
   * `bytesOf` in one system call, for a file that comes in one piece of at most a page, as those of /sys and /proc/sys
   * do: it does not ask whether there is more. (And asks for no more than a page: for /proc/sys the kernel zeroes a buffer
   * of the size that was asked for.)
   */
  pageOf(descriptor: number): Buffer | undefined {
    try {
      return this.#buffer.subarray(0, readSync(descriptor, this.#buffer, 0, 4096, 0));
    } catch {
      return undefined;
    }
  }

  /**
   * `bytesOf` in one system call, for a file that the kernel writes as one record, whole or not at all (`single_open` in
   * its source: meminfo, loadavg, pressure, a process's stat and status): only a full buffer cuts it short. vmstat, swaps
   * and smaps are no such files: they come in pieces of a page.
   */
  recordOf(descriptor: number): Buffer | undefined {
    try {
      const length = readSync(descriptor, this.#buffer, 0, this.#buffer.length, 0);
      return length === this.#buffer.length ? this.bytesOf(descriptor) : this.#buffer.subarray(0, length);
    } catch {
      return undefined;
    }
  }

  /**
   * A file of at most a page that can't be read at an offset, as those of debugfs: pread(2) fails there (ESPIPE), so it is
   * read where its descriptor stands. In the shared buffer: parse it before reading on.
   */
  streamed(path: string): Buffer | undefined {
    const descriptor = this.open(path);
    if (descriptor === undefined) return undefined;
    try {
      return this.#buffer.subarray(0, readSync(descriptor, this.#buffer, 0, 4096, null));
    } catch {
      return undefined;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Names in a folder, unsorted; empty when it is not there. Of a folder that a stranger may fill at will, at `most` so many. */
  list(path: string, most = Number.POSITIVE_INFINITY): string[] {
    return (
      this.#attempt(path, () =>
        Number.isFinite(most) ? firstNames(this.path(path), most) : readdirSync(this.path(path)),
      ) ?? []
    );
  }

  /** Where a link points. */
  link(path: string): string | undefined {
    return this.#attempt(path, () => readlinkSync(this.path(path)));
  }

  exists(path: string): boolean {
    return this.#attempt(path, () => statSync(this.path(path))) !== undefined;
  }

  /** Bytes of a plain file; `undefined` for whatever else is there (opening a pipe would block). */
  fileSize(path: string): number | undefined {
    const stat = this.#attempt(path, () => statSync(this.path(path)));
    return stat?.isFile() ? stat.size : undefined;
  }

  #attempt<T>(path: string, look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EACCES' || code === 'EPERM') this.denied.add(path);
      return undefined;
    }
  }
}
