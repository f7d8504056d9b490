import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Decoder } from '../../src/recording/decoder.ts';
import { ByteWriter } from '../../src/recording/delta/bytes.ts';
import { kind, kinds } from '../../src/recording/delta/format.ts';
import { parseJson } from '../../src/recording/delta/json.ts';
import { patch } from '../../src/recording/delta/patch.ts';
import { plainOf, plant } from '../../src/recording/delta/tree.ts';
import { RecordingError } from '../../src/recording/tape.ts';

/** Deltas that no encoder writes are told as what is wrong with them. */

const within = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
/** A delta of these operations and literals. */
const delta = (operations: readonly number[], literals: string): Uint8Array => {
  const bytes = new ByteWriter();
  const said = new ByteWriter();
  for (const one of operations) said.varint(one);
  bytes.varint(said.length);
  bytes.raw(said.written);
  bytes.varint(0);
  bytes.raw(Buffer.from(literals));
  return bytes.written;
};
const op = (which: number, gap = 0): number => 1 + gap * kinds + which;

test('what is nested without end is refused, at once or little by little', () => {
  for (const depth of [65, 1_000_000])
    expect(() => new Decoder().decode({ key: true, data: zstdCompressSync(within(depth)) })).toThrow(
      'nested too deeply',
    );
  expect(() => new Decoder().decode({ key: true, data: zstdCompressSync(within(64)) })).toThrow('it is no object');
  // Each puts another list around the innermost.
  let tree = plant([0]);
  const inwards = (depth: number): Uint8Array =>
    delta(
      [
        ...Array.from({ length: depth }, () => op(kind.inside)),
        op(kind.literal),
        ...Array.from({ length: depth }, () => 0),
      ],
      '[[0]]',
    );
  for (let depth = 1; depth < 64; depth++) tree = patch(tree, inwards(depth));
  expect(JSON.stringify(plainOf(tree))).toBe(within(64).replace('[]', '[0]'));
  expect(() => patch(tree, inwards(64))).toThrow('nested too deeply');
  const around = (depth: number) =>
    delta(
      [
        ...Array.from({ length: depth }, () => op(kind.inside)),
        op(kind.reshaped),
        3,
        0,
        0,
        ...Array.from({ length: depth }, () => 0),
      ],
      '[[0]]',
    );
  expect(() => patch(tree, around(62))).not.toThrow();
  expect(() => patch(tree, around(63))).toThrow('nested too deeply');
});

test.each([
  ['a key that is no text', [op(kind.reshaped), 3, 0, 0], '[{"toString":1},1]', 'it has a key that is no text'],
  ['a key that is there', [op(kind.reshaped), 2, 0, 3, 0, 0], '["a",1]', 'it has a key twice'],
  ['a child that was kept', [op(kind.reshaped), 2, 0, 2, 0, 0, 0], '', 'it keeps one thing twice'],
  ['more than there was', [op(kind.reshaped), 6, 0, 0, 0], '', 'it keeps more than there was'],
  ['the child after the last', [op(kind.inside), op(kind.literal, 2), 0], '[1]', 'it changes more than there is'],
  ['parts of a number', [op(kind.inside), op(kind.inside), 0, 0], '', 'it goes into what has no parts'],
  ['a sum with a text', [op(kind.inside), op(kind.integer, 1), 0], '', 'it adds to what is no number'],
  ['what another key had', [op(kind.inside), op(kind.echo), 0], '', 'it repeats what there is not'],
  ['a literal that is not there', [op(kind.literal)], '', 'it lacks a literal'],
  ['two literals, and uses one', [op(kind.literal)], '[1,2]', 'it says more than there is'],
  ['two wholes', [op(kind.literal), op(kind.literal)], '[1,2]', 'it says more than there is'],
  ['the second whole', [op(kind.literal, 1)], '[1]', 'it does not begin with the whole'],
  ['no whole', [0], '', 'it does not begin with the whole'],
  ['literals that are an object', [op(kind.literal)], '{"0":1,"length":1}', 'its literals are no list'],
])('a delta that tells of %s makes no sense', (_what, operations, literals, why) => {
  expect(() => patch(plant({ a: 1, b: 'x' }), delta(operations, literals))).toThrow(
    new RecordingError(`a sample of the recording makes no sense: ${why}`),
  );
});

test('a number that goes on without end is damage, and is not waited for', () => {
  const endless = Uint8Array.from([...Array.from({ length: 200 }, () => 0x80), 1]);
  expect(() => patch(plant(1), endless)).toThrow('a sample of the recording has an impossible number');
});

test('literals that are no JSON are told as such', () => {
  expect(() => patch(plant(1), delta([op(kind.literal)], '[1'))).toThrow('a sample of the recording is no JSON');
  expect(() => parseJson(undefined as unknown as Uint8Array)).toThrow(TypeError);
});
