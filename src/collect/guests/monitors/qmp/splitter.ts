import { deepest, tooDeep } from '../../../../vmm/answers.ts';
import { MonitorError } from '../../../../vmm/trouble.ts';

const brace = 123;
const quote = 34;
const backslash = 92;

/**
 * Bytes that are believed of one connection, which asks once. A real round has some 10 kB, and a thousand virtual processors make
 * it 300. Whoever sends a mebibyte of JSON at its worst costs 0.2 s.
 */
const most = 1024 * 1024;

/**
 * Cuts a byte stream into JSON objects, however it arrives: several in one piece, one in several, on one line or
 * pretty-printed over many. `push` gives the objects that are complete; it throws MonitorError when the stream is no QMP, or more
 * than anybody could have asked for.
 */
export class MessageSplitter {
  #pending: Buffer[] = [];
  #received = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  readonly #limit: number;

  constructor(limit = most) {
    this.#limit = limit;
  }

  push(chunk: Buffer): Record<string, unknown>[] {
    this.#received += chunk.length;
    if (this.#received > this.#limit) throw new MonitorError('garbage', 'it sends without end');
    const messages: Record<string, unknown>[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
      } else if (this.#depth === 0) {
        // Between messages only line ends and blanks may stand.
        if (byte === brace) {
          start = at;
          this.#depth = 1;
        } else if (byte !== 10 && byte !== 13 && byte !== 32 && byte !== 9) {
          throw new MonitorError('garbage', 'it does not speak QMP');
        }
      } else if (byte === quote) this.#inString = true;
      else if (byte === brace || byte === 91) {
        this.#depth += 1;
        if (this.#depth > deepest) throw new MonitorError('garbage', tooDeep);
      } else if (byte === 125 || byte === 93) {
        this.#depth -= 1;
        if (this.#depth === 0) messages.push(this.#complete(chunk.subarray(start, at + 1)));
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
    return messages;
  }

  /** A copy: the chunk is its reader's, who uses it again. */
  #keep(part: Buffer): void {
    this.#pending.push(Buffer.from(part));
  }

  #complete(last: Buffer): Record<string, unknown> {
    let text: string;
    if (this.#pending.length === 0) text = last.toString('utf8');
    else {
      this.#keep(last);
      text = Buffer.concat(this.#pending).toString('utf8');
      this.#pending = [];
    }
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new MonitorError('garbage', 'it sent broken JSON');
    }
  }
}
