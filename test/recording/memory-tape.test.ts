import { expect, test } from 'vitest';
import { Decoder } from '../../src/recording/decoder.ts';
import { chainLength } from '../../src/recording/frame.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import type { TapeEvent } from '../../src/recording/tape.ts';
import { expectSame } from '../same.ts';
import { begin, fewSamples, headlinesOf } from './samples.ts';

const samples = await fewSamples(3 * chainLength);
const headlines = headlinesOf(samples);
const plenty = 1e9;

const filled = (limit: { readonly seconds: number; readonly bytes: number }) => {
  const tape = createMemoryTape(limit);
  for (const [index, sample] of samples.entries()) tape.append(sample, headlines[index]!);
  return tape;
};
const ids = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const event = (time: number): TapeEvent => ({ time, kind: 'action', subject: 'host', text: `at ${time}` });

test('nothing yet', () => {
  const tape = createMemoryTape({ seconds: 10, bytes: 1000 });
  expect(tape.last).toBeLessThan(tape.first);
  expect(tape.headlines(0, 10)).toEqual([]);
  expect(() => tape.sample(1)).toThrow(RangeError);
  expect([...tape.frames()]).toEqual([]);
});

test('every sample is there as it was, forwards, backwards and from anywhere', () => {
  const tape = filled({ seconds: plenty, bytes: plenty });
  expect([tape.first, tape.last]).toEqual([1, samples.length]);
  expectSame(
    ids(1, samples.length).map(id => tape.sample(id)),
    samples,
  );
  for (const id of [samples.length, 200, 199, 129, 128, 2, 300]) {
    expect(tape.sample(id)).toEqual(samples[id - 1]);
    expect(tape.before(id)).toEqual(samples[id - 2]);
  }
  expect(tape.before(1)).toBe(undefined);
  expect(tape.headlines(127, 130)).toEqual(headlines.slice(126, 130));
  for (const id of [0, samples.length + 1, 1.5, Number.NaN]) expect(() => tape.sample(id)).toThrow(RangeError);
});

test('a moment is found', () => {
  const tape = filled({ seconds: plenty, bytes: plenty });
  expect(tape.find(begin - 1)).toBe(1);
  expect(tape.find(begin)).toBe(1);
  expect(tape.find(begin + 10.5)).toBe(11);
  expect(tape.find(begin + 1e6)).toBe(samples.length);
});

test('only the last seconds are kept, in whole chains, and ids stay', () => {
  const tape = filled({ seconds: chainLength, bytes: plenty });
  expect([tape.first, tape.last]).toEqual([chainLength + 1, 3 * chainLength]);
  expect(tape.sample(tape.first)).toEqual(samples[chainLength]);
  expect(tape.before(tape.first)).toBe(undefined);
  expect(() => tape.sample(chainLength)).toThrow(RangeError);
  expect(tape.find(begin)).toBe(tape.first);
});

test('no more bytes are kept than allowed, as soon as there is more than one chain', () => {
  const whole = filled({ seconds: plenty, bytes: plenty }).size;
  const tape = createMemoryTape({ seconds: plenty, bytes: whole / 4 });
  for (const [index, sample] of samples.entries()) {
    tape.append(sample, headlines[index]!);
    expect(tape.size).toBeLessThanOrEqual(whole / 4);
  }
  expect(tape.last - tape.first).toBeGreaterThan(samples.length / 8);
  expect(tape.sample(tape.first)).toEqual(samples[tape.first - 1]);
});

test('the newest sample stays, however little is allowed', () => {
  const tape = filled({ seconds: 0, bytes: 1 });
  expect(tape.last).toBe(samples.length);
  expect(tape.sample(tape.last)).toEqual(samples.at(-1));
});

test('events are told in order, and go with their samples', () => {
  const tape = createMemoryTape({ seconds: 10, bytes: plenty });
  for (const [index, sample] of samples.entries()) {
    tape.append(sample, headlines[index]!);
    if (index === 1) for (const time of [begin + 1, begin]) tape.note(event(time));
    if (index === 2) expect(tape.events(0, plenty * 9)).toEqual([event(begin), event(begin + 1)]);
  }
  tape.note(event(begin + 380));
  expect(tape.events(0, plenty * 9)).toEqual([event(begin + 380)]);
  expect(tape.events(begin + 381, begin + 400)).toEqual([]);
});

test('events alone do not fill the memory: the last ten thousand are kept', () => {
  const tape = createMemoryTape({ seconds: 10, bytes: plenty });
  for (let time = 1; time <= 10_000; time++) tape.note(event(time));
  expect(tape.events(0, plenty)).toHaveLength(10_000);
  tape.note(event(10_001));
  expect(tape.events(0, plenty)).toHaveLength(10_000);
  expect(tape.events(0, 2)).toEqual([event(2)]);
});

test('a clock that was set back: the newest sample of a moment is found', () => {
  const tape = createMemoryTape({ seconds: plenty, bytes: plenty });
  for (const [index, time] of [10, 20, 30, 15, 25, 25].entries())
    tape.append({ ...samples[index]!, time }, { ...headlines[index]!, time });
  expect([5, 10, 14, 15, 19, 20, 25, 29, 30, 99].map(time => tape.find(time))).toEqual([1, 1, 1, 4, 4, 2, 6, 6, 3, 3]);
});

test('of numbers beyond what there is, those that there are', () => {
  const tape = createMemoryTape({ seconds: plenty, bytes: plenty });
  for (const [index, sample] of samples.slice(0, 3).entries()) tape.append(sample, headlines[index]!);
  expect(tape.headlines(-5, 99)).toEqual(headlines.slice(0, 3));
  expect(tape.headlines(3, 2)).toEqual([]);
  expect(() => tape.before(4)).toThrow(new RangeError('there is no sample 4: there are 1 to 3'));
});

test('its frames can be recorded as they are', () => {
  const tape = filled({ seconds: chainLength, bytes: plenty });
  const frames = [...tape.frames()];
  const decoder = new Decoder();
  expectSame(
    frames.map(frame => decoder.decode(frame)),
    samples.slice(chainLength),
  );
  expect(frames.map(({ headline }) => headline)).toEqual(headlines.slice(chainLength));
});
