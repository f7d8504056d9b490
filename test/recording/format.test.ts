import { expect, test } from 'vitest';
import { alignElements } from '../../src/recording/delta/align.ts';
import { ByteReader, ByteWriter } from '../../src/recording/delta/bytes.ts';
import { diff } from '../../src/recording/delta/diff.ts';
import { echoDepth } from '../../src/recording/delta/format.ts';
import { patch } from '../../src/recording/delta/patch.ts';
import { equals, isFlat, plainOf, plant, scalar } from '../../src/recording/delta/tree.ts';
import { Compressor, DeltaEncoder, Encoder } from '../../src/recording/encoder.ts';
import { chainLength, compress } from '../../src/recording/frame.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { sample } from '../samples.ts';

/** The bytes of a delta are those of a file that any kvmtop reads: as src/recording/delta/format.ts describes them. */

interface Told {
  readonly operations: readonly number[];
  readonly numbers: readonly number[];
  readonly literals: unknown;
}

const told = (before: unknown, after: unknown): Told => {
  const { bytes } = diff(plant(before), after);
  const reader = new ByteReader(bytes);
  const [operations, numbers] = [[...reader.take(reader.varint())], [...reader.take(reader.varint())]];
  const literals = reader.done ? undefined : JSON.parse(Buffer.from(reader.rest()).toString());
  return { operations, numbers, literals };
};
const none = { numbers: [], literals: undefined };

test.each<[string, unknown, unknown, Told]>([
  ['what is equal', { a: [1] }, { a: [1] }, { operations: [], ...none }],
  // 1 + gap × 9 + kind; a difference d is 2d, or −2d − 1 below 0.
  ['an integer', { a: 1, b: 2 }, { a: 1, b: 5 }, { operations: [8, 10, 0], numbers: [6], literals: undefined }],
  ['a smaller one', [7, 7, 7], [7, 7, 5], { operations: [8, 19, 0], numbers: [3], literals: undefined }],
  ['pages', [4096], [12_288], { operations: [8, 2, 0], numbers: [4], literals: undefined }],
  ['pages from what are none', [1], [4096], { operations: [8, 1, 0], numbers: [0xfe, 0x3f], literals: undefined }],
  ['thousandths', [0.5], [0.625], { operations: [8, 3, 0], numbers: [0xfa, 0x01], literals: undefined }],
  ['millionths', [0.5], [0.500_002], { operations: [8, 4, 0], numbers: [4], literals: undefined }],
  [
    'a double',
    [0.5],
    [1 / 3],
    { operations: [8, 5, 0], numbers: [...Buffer.from(new Float64Array([1 / 3]).buffer)], literals: undefined },
  ],
  [
    'what another key had',
    { stats: { x: 1 }, earlier: { x: 0 } },
    { stats: { x: 1 }, earlier: { x: 1 } },
    { operations: [8, 15, 0], ...none },
  ],
  ['a text', { a: 'x', b: 1 }, { a: 'y', b: 1 }, { operations: [8, 7, 0], numbers: [], literals: ['y'] }],
  ['a number in place of a text', ['x'], [3], { operations: [8, 7, 0], numbers: [], literals: [3] }],
  ['a text in place of a number', [3], ['x'], { operations: [8, 7, 0], numbers: [], literals: ['x'] }],
  ['a list in place of an object', [{ a: 1 }], [[1]], { operations: [8, 7, 0], numbers: [], literals: [[1]] }],
  ['an object in place of a list', [[1]], [{ a: 1 }], { operations: [8, 7, 0], numbers: [], literals: [{ a: 1 }] }],
  ['an object in place of a number', [1], [{ a: 1 }], { operations: [8, 7, 0], numbers: [], literals: [{ a: 1 }] }],
  [
    'parts of parts',
    { a: { b: { c: 1 } } },
    { a: { b: { c: 2 } } },
    { operations: [8, 8, 8, 1, 0, 0, 0], numbers: [2], literals: undefined },
  ],
  // Runs: length × 2 and from where, or length × 2 + 1 for new ones; then what changed in those that were kept.
  [
    'a key that came',
    { a: 1 },
    { a: 2, b: 'x' },
    { operations: [9, 2, 0, 3, 0, 1, 0], numbers: [2], literals: ['b', 'x'] },
  ],
  ['keys that went', { a: 1, b: 2, c: 3, d: 4 }, { c: 3, d: 4 }, { operations: [9, 4, 2, 0, 0], ...none }],
  ['keys in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, { operations: [9, 2, 1, 2, 0, 0, 0], ...none }],
  [
    'one of a list that went',
    [
      { id: 1, n: 1 },
      { id: 2, n: 1 },
      { id: 3, n: 1 },
    ],
    [
      { id: 1, n: 1 },
      { id: 3, n: 2 },
    ],
    { operations: [9, 2, 0, 2, 2, 0, 17, 10, 0, 0], numbers: [2], literals: undefined },
  ],
  [
    'two that came first',
    [{ id: 1 }],
    [{ id: 7 }, { id: 8 }, { id: 1 }],
    { operations: [9, 5, 2, 0, 0, 0], numbers: [], literals: [{ id: 7 }, { id: 8 }] },
  ],
  ['a longer list of numbers', [1, 2], [1, 3, 9], { operations: [9, 4, 0, 3, 0, 10, 0], numbers: [2], literals: [9] }],
  ['a shorter list of numbers', [1, 2, 3], [1, 2], { operations: [9, 4, 0, 0, 0], ...none }],
  ['nothing that was there', { a: 1 }, { b: 1 }, { operations: [7], numbers: [], literals: [{ b: 1 }] }],
  ['a list that was empty', [], [1], { operations: [7], numbers: [], literals: [[1]] }],
])('%s', (_what, before, after, wanted) => {
  expect(told(before, after)).toEqual(wanted);
  expect(plainOf(patch(plant(before), diff(plant(before), after).bytes))).toEqual(after);
});

test('numbers beyond 2^53 are doubles, and so is a difference of 2^52', () => {
  const kindOf = (before: number, after: number): number => told([before], [after]).operations[1]! - 1;
  expect(kindOf(0, 2 ** 52 - 1)).toBe(0);
  expect(kindOf(1, 2 ** 52 + 1)).toBe(4);
  expect(kindOf(0, 2 ** 53)).toBe(4);
  expect(kindOf(0, 2 ** 52)).toBe(4);
  expect(kindOf(-(2 ** 52), 1)).toBe(4);
});

test('elements are told apart by the first name that all of them have, where each has its own', () => {
  const align = (before: readonly unknown[], after: readonly unknown[]) =>
    alignElements(
      before.map(one => plant(one)),
      after,
    );
  const named = (key: string, ...values: readonly unknown[]) => values.map(value => ({ [key]: value, x: 1 }));
  for (const key of ['id', 'pid', 'path', 'device', 'source', 'name'])
    expect(align(named(key, 'a', 'b'), named(key, 'b', 'c', 'a'))).toEqual([1, -1, 0]);
  expect(align(named('title', 'a', 'b'), named('title', 'b', 'a'))).toBe(undefined);
  expect(align(named('id', 1, 2), named('id', 1, 2))).toBe(undefined);
  // Two of a name are told apart by another, or by their places.
  const alike = (...names: readonly string[]) => names.map(name => ({ id: 1, name }));
  expect(align(alike('a', 'b'), alike('b'))).toEqual([1]);
  expect(align(named('id', 1, 1), named('id', 1, 2))).toBe(undefined);
  expect(align(named('id', 1, 2), named('id', 1, 1, 1))).toEqual([0, 1, -1]);
  // One that has no name, or none that is a word or a number.
  expect(align([{ id: 1 }, { id: 2 }], [{ id: 2 }, { x: 1 }])).toBe(undefined);
  expect(align([{ id: 1 }, 5], [{ id: 2 }])).toEqual([0]);
  expect(align(named('id', true, null), named('id', null, true))).toBe(undefined);
  expect(align([['id'], ['id']], [['id']])).toEqual([0]);
});

test('much is written as it is, whatever came before', () => {
  const writer = new ByteWriter();
  const chunk = Uint8Array.from({ length: 50_000 }, (_, at) => at);
  for (let at = 0; at < 4095; at++) writer.varint(1);
  // Across the end of what is set aside at first.
  writer.varint(2 ** 53 - 1);
  writer.double(0.1);
  writer.raw(chunk);
  writer.zigzag(-(2 ** 52) + 1);
  const reader = new ByteReader(writer.written);
  for (let at = 0; at < 4095; at++) expect(reader.varint()).toBe(1);
  expect(reader.varint()).toBe(2 ** 53 - 1);
  expect(reader.double()).toBe(0.1);
  expect(Buffer.compare(reader.take(50_000), chunk)).toBe(0);
  expect(reader.zigzag()).toBe(-(2 ** 52) + 1);
  expect(reader.done).toBe(true);
});

test('a reader goes no further than there is, and takes no number that none can be', () => {
  const early = 'a sample of the recording ends too early';
  const of = (...bytes: readonly number[]) => new ByteReader(Uint8Array.from(bytes));
  expect(() => of().varint()).toThrow(new RecordingError(early));
  expect(() => of(0x80).varint()).toThrow(early);
  expect(() => of(1, 2, 3, 4, 5, 6, 7).double()).toThrow(early);
  expect(() => of(1).take(2)).toThrow(early);
  expect([...of(1, 2).take(2)]).toEqual([1, 2]);
  expect([...of().rest()]).toEqual([]);
  // 2^53 − 1, and one more.
  expect(of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).varint()).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10).varint()).toThrow(
    new RecordingError('a sample of the recording has an impossible number'),
  );
  expect(() => of(...Array.from({ length: 200 }, () => 0x80), 1).varint()).toThrow(RecordingError);
  // Only of its own part of a larger buffer.
  expect(() => new ByteReader(Uint8Array.from([1, 2, 3]).subarray(0, 1)).take(2)).toThrow(early);
});

test('what JSON has for a value', () => {
  expect([1, 'x', true, false, null, undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1].map(scalar)).toEqual([
    1,
    'x',
    true,
    false,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(plainOf(plant([undefined, Number.NaN]))).toEqual([undefined, Number.NaN]);
  expect(plainOf({ keys: undefined, children: [plant(undefined)], plain: undefined })).toEqual([null]);
});

test('a tree is the value that it would be, and no other', () => {
  const value = { a: 1, b: [1, { c: null }], d: 'x' };
  for (const same of [value, structuredClone(value), { ...value, e: undefined }])
    expect(equals(plant(value), same)).toBe(true);
  for (const other of [
    1,
    null,
    [],
    {},
    { a: 1, b: [1, { c: null }] },
    { ...value, e: 1 },
    { ...value, d: 'y' },
    { b: value.b, a: 1, d: 'x' },
    { a: 1, x: value.b, d: 'x' },
    { ...value, b: [1] },
    { ...value, b: { 0: 1, 1: { c: null } } },
    { ...value, b: [1, { c: 0 }] },
  ])
    expect(equals(plant(value), other), JSON.stringify(other)).toBe(false);
  expect(equals(plant([1]), { 0: 1 })).toBe(false);
  expect(equals(plant(1), [1])).toBe(false);
  expect(equals(plant(null), {})).toBe(false);
  expect(equals(plant(null), Number.NaN)).toBe(true);
});

test('how deep a tree is', () => {
  expect(isFlat(plant(1), 0)).toBe(true);
  expect(isFlat(plant([]), 0)).toBe(false);
  expect(isFlat(plant([1]), 1)).toBe(true);
  expect(isFlat(plant([1, [2]]), 1)).toBe(false);
  expect(isFlat(plant([1, [2]]), 2)).toBe(true);
});

test('what another key had is told only where it can’t grow', () => {
  const nested = (depth: number, leaf: number): unknown => (depth === 0 ? leaf : { n: nested(depth - 1, leaf) });
  const change = (depth: number) =>
    told(
      { stats: nested(depth, 1), earlier: nested(depth, 0) },
      { stats: nested(depth, 1), earlier: nested(depth, 1) },
    );
  expect(change(echoDepth).operations).toEqual([8, 15, 0]);
  expect(change(echoDepth + 1).operations).not.toContain(15);
  // It has it already.
  const both = { stats: { x: 1 }, earlier: { x: 1 } };
  expect(told(both, structuredClone(both))).toEqual({ operations: [], ...none });
});

test('what came back to what it was is the same tree, so that it costs nothing next time', () => {
  const before = plant({ a: { b: [1, 2] }, c: 1 });
  const same = { a: { b: [1, 2] }, c: 1 };
  expect(diff(before, same).tree).toBe(before);
  expect(plainOf(before)).toBe(same);
  const other = diff(before, { a: { b: [1, 2] }, c: 2 }).tree;
  expect((other as { children: readonly unknown[] }).children[0]).toBe(
    (before as { children: readonly unknown[] }).children[0],
  );
});

test('a frame lies in a buffer of its own', () => {
  const data = compress('x');
  expect(data.buffer.byteLength).toBe(data.byteLength);
});

test('a chain has 128 frames, and its first delta has no dictionary', () => {
  const deltas = new DeltaEncoder();
  const raw = Array.from({ length: chainLength + 2 }, (_, time) => deltas.next(sample({ time })));
  expect(raw.flatMap((one, at) => (typeof one === 'string' ? [at] : []))).toEqual([0, chainLength]);
  expect(JSON.parse(raw[chainLength] as string)).toEqual(sample({ time: chainLength }));
  const compressor = new Compressor();
  const frames = raw.slice(0, 3).map(one => compressor.compress(one));
  expect(frames.map(({ key }) => key)).toEqual([true, false, false]);
  expect(frames[1]!.data).toEqual(compress(raw[1]!));
  expect(frames[2]!.data).toEqual(compress(raw[2]!, raw[1] as Uint8Array));
  expect(compressor.isFull).toBe(false);
});

test('a chain is full when it has more bytes than it should, and with its key only those of the key', () => {
  const [key, delta] = [compress('x'), compress(Uint8Array.of(1))];
  const compressor = new Compressor(key.length + delta.length);
  compressor.compress('x');
  compressor.compress(Uint8Array.of(1));
  expect(compressor.isFull).toBe(false);
  compressor.compress(Uint8Array.of(1));
  expect(compressor.isFull).toBe(true);
  compressor.compress('x');
  expect(compressor.isFull).toBe(false);
  const small = new Encoder(1);
  expect([0, 1, 2].map(time => small.encode(sample({ time })).key)).toEqual([true, true, true]);
});
