import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { XdrError, XdrReader, XdrWriter } from '../../../../src/collect/guests/monitors/libvirt/rpc/xdr.ts';

/** A value of each kind: how it is made, written and read. */
const kinds = {
  int: {
    made: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    write: (writer: XdrWriter, value: number) => writer.int(value),
    read: (reader: XdrReader) => reader.int(),
  },
  uint: {
    made: fc.nat({ max: 2 ** 32 - 1 }),
    write: (writer: XdrWriter, value: number) => writer.int(value),
    read: (reader: XdrReader) => reader.uint(),
  },
  hyper: {
    made: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    write: (writer: XdrWriter, value: bigint) => writer.hyper(value),
    read: (reader: XdrReader) => reader.hyper(),
  },
  unsignedHyper: {
    made: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    write: (writer: XdrWriter, value: bigint) => writer.hyper(value),
    read: (reader: XdrReader) => reader.unsignedHyper(),
  },
  double: {
    made: fc.double(),
    write: (writer: XdrWriter, value: number) => writer.double(value),
    read: (reader: XdrReader) => reader.double(),
  },
  string: {
    made: fc.string({ unit: 'grapheme' }),
    write: (writer: XdrWriter, value: string) => writer.string(value),
    read: (reader: XdrReader) => reader.string(),
  },
  optional: {
    made: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    write: (writer: XdrWriter, value: string | undefined) => writer.optional(value, text => writer.string(text)),
    read: (reader: XdrReader) => reader.optional(() => reader.string()),
  },
  list: {
    made: fc.array(fc.string({ unit: 'grapheme' })),
    write: (writer: XdrWriter, value: readonly string[]) => writer.list(value, text => writer.string(text)),
    read: (reader: XdrReader) => reader.list(() => reader.string()),
  },
} as const;
type Kind = keyof typeof kinds;
interface Anything {
  readonly made: fc.Arbitrary<unknown>;
  readonly write: (writer: XdrWriter, value: unknown) => unknown;
  readonly read: (reader: XdrReader) => unknown;
}
const of = (kind: Kind): Anything => kinds[kind] as unknown as Anything;
const names = Object.keys(kinds) as Kind[];
const items = fc.array(
  fc.constantFrom(...names).chain(kind => of(kind).made.map(value => ({ kind, value }))),
  { maxLength: 12 },
);
const written = (values: readonly { kind: Kind; value: unknown }[]): Buffer => {
  const writer = new XdrWriter();
  for (const { kind, value } of values) of(kind).write(writer, value);
  return writer.bytes();
};

describe('XDR', () => {
  it('gives everything back that was written, and is in units of four bytes', () => {
    fc.assert(
      fc.property(items, values => {
        const bytes = written(values);
        expect(bytes.length % 4).toBe(0);
        const reader = new XdrReader(bytes);
        for (const { kind, value } of values) expect(of(kind).read(reader)).toEqual(value);
        reader.end();
      }),
    );
  });

  it('that was cut short is never read to its end', () => {
    fc.assert(
      fc.property(items, fc.nat(), (values, cut) => {
        const bytes = written(values);
        fc.pre(bytes.length > 0);
        const reader = new XdrReader(bytes.subarray(0, cut % bytes.length));
        expect(() => {
          for (const { kind } of values) of(kind).read(reader);
        }).toThrow(XdrError);
      }),
    );
  });

  it('of anybody fails by an XdrError only, and makes nothing larger than itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.constantFrom(...names)), (bytes, order) => {
        const reader = new XdrReader(Buffer.from(bytes));
        try {
          for (const kind of order) {
            const value = of(kind).read(reader);
            if (typeof value === 'string' || Array.isArray(value)) expect(value.length).toBeLessThanOrEqual(64);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
    );
  });

  it.each([
    ['a text of 4 GiB', 'ffffffff61626364', (reader: XdrReader) => reader.string()],
    ['a list of a thousand million', '3b9aca0000000000', (reader: XdrReader) => reader.list(() => reader.int())],
    ['a list of nothings', '3b9aca00', (reader: XdrReader) => reader.list(() => 0)],
    ['what is there twice', '00000002', (reader: XdrReader) => reader.optional(() => 0)],
    ['a text without its padding', '0000000161', (reader: XdrReader) => reader.string()],
    ['more than that', '00000000', (reader: XdrReader) => reader.end()],
  ])('refuses %s', (_what, hex, read) => {
    expect(() => read(new XdrReader(Buffer.from(hex, 'hex')))).toThrow(XdrError);
  });
});
