import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/recording/delta/bytes.ts';
import * as codec from '../../src/recording/delta/diff.ts';
import * as decoder from '../../src/recording/delta/patch.ts';
import { plainOf, plant } from '../../src/recording/delta/tree.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { soaking } from '../soaking.ts';

const diff = (before: unknown, after: unknown): Uint8Array => codec.diff(plant(before), after).bytes;
const patch = (before: unknown, bytes: Uint8Array): unknown => plainOf(decoder.patch(plant(before), bytes));
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const through = (before: unknown, after: unknown): unknown => patch(before, diff(before, after));
const nothing = 2;

test('varints, zigzags and doubles come back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeNat()),
      fc.array(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 })),
      fc.array(fc.double({ noNaN: true })),
      (naturals, integers, doubles) => {
        const writer = new ByteWriter();
        for (const one of naturals) writer.varint(one);
        for (const one of integers) writer.zigzag(one);
        for (const one of doubles) writer.double(one);
        const reader = new ByteReader(writer.written);
        expect(naturals.map(() => reader.varint())).toEqual(naturals);
        expect(integers.map(() => reader.zigzag() + 0)).toEqual(integers.map(one => one + 0));
        expect(doubles.map(() => reader.double())).toEqual(doubles);
        expect(reader.done).toBe(true);
      },
    ),
  );
});

const tree = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc.integer().map(one => one * 4096),
      fc.integer({ min: -1e9, max: 1e9 }).map(one => one / 1e6),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.array(fc.record({ id: fc.integer({ min: 0, max: 5 }), values: tie('tree') }), { maxLength: 5 }),
    fc.dictionary(
      fc.constantFrom('a', 'b', 'c', '1', '2', 'stats', 'earlier', 'id', '__proto__', 'constructor'),
      tie('tree'),
    ),
  ),
})).tree;

test('any tree is made of any other, and again of the result', () => {
  fc.assert(
    fc.property(fc.array(tree, { minLength: 2, maxLength: 6 }), trees => {
      let known = plant(json(trees[0]));
      let before = plant(trees[0]);
      for (const after of trees.slice(1)) {
        const { bytes, tree } = codec.diff(before, after);
        known = decoder.patch(known, bytes);
        expect(JSON.stringify(plainOf(known))).toBe(JSON.stringify(after));
        expect(JSON.stringify(plainOf(tree))).toBe(JSON.stringify(after));
        before = tree;
      }
    }),
    { numRuns: soaking ? 5000 : 300 },
  );
});

test('the very same object is not looked into again, wherever it stands now', () => {
  let looks = 0;
  const numbers = Object.defineProperty({ b: 2 }, 'a', {
    enumerable: true,
    get: () => {
      looks += 1;
      return 1;
    },
  });
  const first = codec.diff(plant({ list: [{ id: 1, numbers: { a: 0, b: 2 } }] }), { list: [{ id: 1, numbers }] });
  expect(looks).toBeGreaterThan(0);
  const once = looks;
  const same = codec.diff(first.tree, { list: [{ id: 1, numbers }] });
  expect(same.bytes).toEqual(codec.diff(plant(1), 1).bytes);
  const moved = codec.diff(same.tree, {
    list: [
      { id: 2, numbers: {} },
      { id: 1, numbers },
    ],
    more: 1,
  });
  expect(looks).toBe(once);
  expect(JSON.parse(JSON.stringify(plainOf(moved.tree)))).toEqual({
    list: [
      { id: 2, numbers: {} },
      { id: 1, numbers: { a: 1, b: 2 } },
    ],
    more: 1,
  });
});

test('random bytes give a value or a RecordingError, and damaged ones too', () => {
  const survives = (before: unknown, bytes: Uint8Array): void => {
    try {
      expect(patch(before, bytes)).not.toBe(undefined);
    } catch (error) {
      expect(error).toBeInstanceOf(RecordingError);
      expect((error as Error).message).not.toContain('\n');
    }
  };
  fc.assert(fc.property(tree, fc.uint8Array({ maxLength: 60 }), survives), { numRuns: soaking ? 5000 : 300 });
  fc.assert(
    fc.property(tree, tree, fc.nat(), fc.nat(255), (before, after, at, value) => {
      const bytes = diff(before, after);
      bytes[at % bytes.length] = value;
      survives(json(before), bytes);
      survives(json(before), bytes.subarray(0, at % bytes.length));
    }),
    { numRuns: soaking ? 5000 : 300 },
  );
});

test('what is equal costs two bytes, and stays the same object', () => {
  const before = { host: { a: 1, b: [1, 2, { c: 3 }] }, guests: [{ id: 'x', process: { rss: 4096 } }] };
  const after = structuredClone(before);
  expect(diff(before, after)).toHaveLength(nothing);
  const tree = plant(before);
  expect(decoder.patch(tree, diff(before, after))).toBe(tree);
  after.guests[0]!.process.rss = 8192;
  const made = plainOf(decoder.patch(tree, diff(before, after))) as typeof before;
  expect(made).toEqual(after);
  expect(made.host).toBe((plainOf(tree) as typeof before).host);
  expect(plainOf(tree)).toEqual(before);
});

test('one guest more, one gone and two in another order re-send none of the others', () => {
  const guest = (id: number) => ({ id: `${id}.1`, name: 'a long name that costs bytes'.repeat(10), rss: id * 4096 });
  const before = { guests: [1, 2, 3, 4, 5].map(guest) };
  const after = { guests: [1, 3, 5, 4, 6].map(guest) };
  expect(through(before, after)).toEqual(after);
  expect(diff(before, after).length).toBeLessThan(JSON.stringify(guest(6)).length + 40);
});

test('a key more or less re-sends none of the others', () => {
  const text = 'x'.repeat(500);
  const before = { a: text, b: 1, c: text };
  const after = { a: text, c: text, d: 'new' };
  expect(through(before, after)).toEqual(after);
  expect(diff(before, after).length).toBeLessThan(40);
});

test('a report that is now the earlier one is told in a byte', () => {
  const stats = (update: number) => ({
    lastUpdate: update,
    values: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`stat-${i}`, update * 1_000_003 * i])),
  });
  const before = { balloon: { stats: stats(2), earlier: stats(1) } };
  const later = { balloon: { stats: stats(2), earlier: stats(2) } };
  expect(through(before, later)).toEqual(later);
  expect(diff(before, later).length).toBeLessThan(nothing + 7);
});

test('an echo that could nest into something endless is refused', () => {
  const deep = { stats: { stats: { stats: { x: 1 } } }, earlier: 1 };
  const shallow = { stats: { values: { x: 1 } }, earlier: { values: { x: 0 } } };
  const bytes = diff(shallow, { stats: shallow.stats, earlier: shallow.stats });
  expect(patch(shallow, bytes)).toEqual({ stats: shallow.stats, earlier: shallow.stats });
  expect(() => patch(deep, bytes)).toThrow(RecordingError);
});

test.each([
  [0.1, 0.2],
  [1_700_000_000.123, 1_700_000_001.124],
  [1_700_000_000.123456, 1_700_000_001.124577],
  [0, Number.MAX_VALUE],
  [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  [2 ** 63, 2 ** 63 + 4096],
  [5e-324, 0.3],
  [4096, -8192],
])('%d becomes %d exactly', (before, after) => {
  expect(through([before], [after])).toEqual([after]);
  expect(through([after], [before])).toEqual([before]);
});

test('what JSON does not know is absent or null, and what comes after it is right', () => {
  const before = { a: undefined, b: Number.NaN, c: 1 };
  const after = { a: 2, b: 3, c: undefined };
  const known = json(before);
  expect(patch(known, diff(before, after))).toEqual({ a: 2, b: 3 });
  expect(patch(json(after), diff(after, before))).toEqual({ b: null, c: 1 });
});
