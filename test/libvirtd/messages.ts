import { XdrWriter } from '../../src/collect/guests/monitors/libvirt/rpc/xdr.ts';

/** What a libvirtd sends, as libvirt describes it (virnetprotocol.x, remote_protocol.x). */

const message = (header: readonly number[], body: Buffer): Buffer => {
  const writer = new XdrWriter()
    .int(28 + body.length)
    .int(0x20008086)
    .int(1);
  for (const word of header) writer.int(word);
  return Buffer.concat([writer.bytes(), body]);
};
type Write = (writer: XdrWriter) => unknown;
const written = (write: Write): Buffer => {
  const writer = new XdrWriter();
  write(writer);
  return writer.bytes();
};

/** `procedure`: what was called; only libvirt's own clients look at that. */
export const replyOf = (serial: number, write: Write, procedure = 0): Buffer =>
  message([procedure, 1, serial, 0], written(write));

export const errorOf = (serial: number, code: number, text: string, procedure = 0): Buffer => {
  const rest = (writer: XdrWriter) => {
    writer.int(code).int(10);
    writer.optional(text, words => writer.string(words)).int(2);
    // No domain, three texts that are absent, two numbers, no network.
    for (let word = 0; word < 7; word += 1) writer.int(0);
  };
  return message([procedure, 1, serial, 1], written(rest));
};

export const domainOf = (writer: XdrWriter, uuid: string): XdrWriter =>
  writer
    .string('vm')
    .fixed(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
    .int(1);

export const eventOf = (procedure: number, uuid: string): Buffer =>
  message(
    [procedure, 2, 0, 0],
    written(writer => domainOf(writer.int(0), uuid).int(0).int(0)),
  );

/** All as unsigned numbers of 64 bits. */
export const parametersOf = (writer: XdrWriter, values: ReadonlyMap<string, number>): XdrWriter =>
  writer.list([...values], ([name, value]) => writer.string(name).int(4).hyper(BigInt(value)));

export const statsOf = (writer: XdrWriter, uuid: string, values: ReadonlyMap<string, number>): XdrWriter =>
  parametersOf(domainOf(writer.int(1), uuid), values);
