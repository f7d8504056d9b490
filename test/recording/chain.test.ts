import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChainDecoder } from '../../src/recording/chain-decoder.ts';
import { Decoder } from '../../src/recording/decoder.ts';
import { DeltaEncoder, Encoder } from '../../src/recording/encoder.ts';
import { chainLength, chainWork, type Frame } from '../../src/recording/frame.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { expectSame } from '../same.ts';
import { guest, sample } from '../samples.ts';
import { soaking } from '../soaking.ts';
import { demoSamples, fewSamples } from './samples.ts';

const samples = await fewSamples(2 * chainLength + 10);
const encoder = new Encoder();
const frames = samples.map(one => encoder.encode(one));
const total = (all: readonly Frame[]): number => all.reduce((sum, { data }) => sum + data.length, 0);

test('samples come back exactly, in chains', () => {
  const decoder = new Decoder();
  expectSame(
    frames.map(one => decoder.decode(one)),
    samples,
  );
  expect(frames.flatMap(({ key }, index) => (key ? [index] : []))).toEqual([0, chainLength, 2 * chainLength]);
});

test('a sample of 20 guests, 40 kB as JSON, has less than a kilobyte', async () => {
  const one = new Encoder();
  const whole = (await demoSamples(chainLength)).map(each => one.encode(each));
  expect(total(whole) / whole.length).toBeLessThan(1000);
});

test('a delta that is larger than a key frame becomes one', () => {
  const other = sample({ guests: Array.from({ length: 50 }, (_, id) => guest({ id: `${id}.1`, name: `of ${id}` })) });
  const one = new Encoder();
  expect([sample({}), sample({ time: 1 }), other, other].map(each => one.encode(each).key)).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test('a chain ends where so much has changed that a jump into it would take long', () => {
  const numbers = (seed: number) =>
    Object.fromEntries(Array.from({ length: 8192 }, (_, id) => [`n${id}`, (seed * id) % 9973]));
  const one = new DeltaEncoder();
  const raw = Array.from({ length: 60 }, (_, time) => one.next(sample({ time, host: { vmstat: numbers(time) } })));
  const keys = raw.flatMap((frame, index) => (typeof frame === 'string' ? [index] : []));
  expect(keys.length).toBeGreaterThan(1);
  keys.slice(1).forEach((key, index) => {
    const work = raw.slice(keys[index]! + 1, key).reduce((sum, { length }) => sum + length, 0);
    expect(work).toBeGreaterThanOrEqual(chainWork);
    expect(work).toBeLessThan(chainWork + raw[key - 1]!.length);
    expect(key - keys[index]!).toBeLessThan(chainLength);
  });
});

test('a restarted encoder begins a chain', () => {
  const one = new Encoder();
  expect(one.encode(samples[0]!).key).toBe(true);
  expect(one.encode(samples[1]!).key).toBe(false);
  one.restart();
  expect(one.encode(samples[2]!).key).toBe(true);
});

test('any sample of a chain is found, and what was decoded is not read again', () => {
  const decoder = new ChainDecoder();
  const reads: number[] = [];
  const read = (id: number): Frame => {
    reads.push(id);
    return frames[id]!;
  };
  expect(decoder.sample(0, 5, read)).toEqual(samples[5]);
  expect(reads).toEqual([0, 1, 2, 3, 4, 5]);
  expect(decoder.sample(0, 6, read)).toEqual(samples[6]);
  expect(decoder.sample(0, 3, read)).toEqual(samples[3]);
  expect(reads).toHaveLength(7);
  expect(decoder.sample(chainLength, chainLength + 1, read)).toEqual(samples[chainLength + 1]);
  expect(decoder.sample(0, 6, read)).toEqual(samples[6]);
  expect(reads).toHaveLength(9);
});

test('damage is told and never passes for a sample', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(), fc.integer({ min: 1, max: 255 }), (index, at, by) => {
      const decoder = new Decoder();
      for (const one of frames.slice(0, index)) decoder.decode(one);
      const { key, data } = frames[index]!;
      const damaged = Uint8Array.from(data);
      damaged[at % data.length]! ^= by;
      let made: unknown;
      try {
        made = decoder.decode({ key, data: damaged });
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingError);
        expect(() => decoder.decode(frames[index + 1]!)).toThrow(
          index === 0 ? RecordingError : 'lacks the one before it',
        );
        return;
      }
      // A bit of the frame's head that nothing reads.
      expectSame(made, samples[index]);
    }),
    { numRuns: soaking ? 1000 : 50 },
  );
});

test('random bytes are a RecordingError', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.boolean(), (data, key) => {
      const decoder = new Decoder();
      decoder.decode(frames[0]!);
      expect(() => decoder.decode({ key, data })).toThrow(RecordingError);
      expect(() => decoder.decode({ key, data: zstdCompressSync(data) })).toThrow(RecordingError);
    }),
  );
});

test('a small frame that grows without end is refused', () => {
  const bomb = zstdCompressSync(Buffer.alloc(65 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(100_000);
  expect(() => new Decoder().decode({ key: true, data: bomb })).toThrow(RecordingError);
});

test.each([
  ['null', /is none: it is no object/],
  ['{', /no JSON/],
  [JSON.stringify({ ...sample({}), guests: [null] }), /is none: guests\[\] is not/],
  [JSON.stringify({ ...sample({}), guests: [{ id: 1 }] }), /is none: guests\[\]\.id is not/],
  [JSON.stringify({ ...sample({}), version: 2 }), /version 2: use a newer kvmtop/],
])('%s is no sample', (json, why) => {
  expect(() => new Decoder().decode({ key: true, data: zstdCompressSync(json) })).toThrow(why);
});

test('what a later kvmtop added to a sample is kept', () => {
  const later = { ...sample({}), dimms: [{ slot: 1 }], host: { meminfo: { MemTotal: 1 }, cxl: 'yes' } };
  expect(new Decoder().decode({ key: true, data: zstdCompressSync(JSON.stringify(later)) })).toEqual(later);
});
