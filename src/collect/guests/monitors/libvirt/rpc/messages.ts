import { XdrError, XdrReader, XdrWriter } from './xdr.ts';

/**
 * libvirt's messages (virnetprotocol.x): four bytes of length, which count themselves, a header of six numbers, and what the
 * procedure needs.
 */

const remoteProgram = 0x20008086;
/** 'keep' (virkeepaliveprotocol.x). */
const keepaliveProgram = 0x6b656570;
const version = 1;
const [ping, pong] = [1, 2];
/** virNetMessageType; streams and messages with descriptors are for what kvmtop never asks. */
const [call, reply, event] = [0, 1, 2];
/** virNetMessageStatus. */
const [ok, failed] = [0, 1];

const lengthSize = 4;
const headerSize = 24;
/** Bytes; libvirt's own limit of a text. A domain's XML has some ten thousand. */
const longest = 4 * 1024 ** 2;

/** What libvirtd sends. */
export type Message =
  | { readonly kind: 'reply'; readonly serial: number; readonly body: XdrReader }
  /** Why it does not do what was asked: a number of virErrorNumber, and words. */
  | { readonly kind: 'error'; readonly serial: number; readonly code: number; readonly text: string }
  | { readonly kind: 'event'; readonly procedure: number; readonly body: XdrReader }
  /** To be answered. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' };

const message = (header: readonly number[], body: Uint8Array): Buffer => {
  const writer = new XdrWriter().int(lengthSize + headerSize + body.length);
  for (const word of header) writer.int(word);
  return Buffer.concat([writer.bytes(), body]);
};

/** A question. `serial` comes back with its answer. */
export const callOf = (procedure: number, serial: number, body: Uint8Array): Buffer =>
  message([remoteProgram, version, procedure, call, serial, ok], body);

/** The answer to a ping. */
export const pongMessage = (): Buffer => message([keepaliveProgram, version, pong, event, 0, ok], Buffer.alloc(0));

/** Cuts a stream into messages. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The messages that are complete now. @throws XdrError where this is no libvirtd's; nothing can be read any more then. */
  *push(chunk: Buffer): Generator<Message> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= lengthSize) {
      const length = this.#joined(lengthSize).readUInt32BE(0);
      if (length < lengthSize + headerSize || length > longest) throw new XdrError(`a message of ${length} bytes`);
      if (this.#size < length) return;
      const bytes = this.#joined(length);
      this.#chunks = [bytes.subarray(length)];
      this.#size -= length;
      yield parseMessage(bytes.subarray(lengthSize, length));
    }
  }

  /** What there is in one piece, once that is needed: `size` bytes of it. */
  #joined(size: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= size) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** A message without its length. @throws XdrError */
const parseMessage = (bytes: Buffer): Message => {
  const reader = new XdrReader(bytes);
  const [program, spoken, procedure] = [reader.uint(), reader.uint(), reader.int()];
  const [type, serial, status] = [reader.int(), reader.uint(), reader.int()];
  if (spoken !== version) throw new XdrError(`version ${spoken} of its protocol`);
  if (program === keepaliveProgram && procedure === ping) return { kind: 'ping' };
  if (program === keepaliveProgram && procedure === pong) return { kind: 'pong' };
  if (program !== remoteProgram) throw new XdrError(`program ${program}`);
  if (type === event) return { kind: 'event', procedure, body: reader };
  if (type !== reply) throw new XdrError(`a message of type ${type}`);
  if (status === ok) return { kind: 'reply', serial, body: reader };
  if (status !== failed) throw new XdrError(`a reply of status ${status}`);
  return { kind: 'error', serial, ...parseError(reader) };
};

/** The begin of virNetMessageError: nobody reads what follows. */
const parseError = (reader: XdrReader): { code: number; text: string } => {
  const code = reader.int();
  reader.int();
  return { code, text: reader.optional(() => reader.string()) ?? `error ${code}` };
};
