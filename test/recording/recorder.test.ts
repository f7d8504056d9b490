import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Headline } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { openRecording } from '../../src/recording/read.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { until } from '../until.ts';
import { folder } from './folder.ts';
import { demoSamples, headlinesOf } from './samples.ts';

const samples = await demoSamples(30);
const headlines = headlinesOf(samples);
const options = { program: 'kvmtop test', delay: 1 };

const read = (path: string) => {
  const recording = openRecording(path);
  try {
    const { first, last } = recording;
    return {
      samples: Array.from({ length: last - first + 1 }, (_, index) => recording.sample(first + index)),
      events: recording.events(0, 1e12),
    };
  } finally {
    recording.close();
  }
};

test('what memory had, what comes and what happened are in the file', async () => {
  const path = join(folder(), 'a.kvmtop');
  const tape = createMemoryTape({ seconds: 1e9, bytes: 1e9 });
  for (let index = 0; index < 10; index++) tape.append(samples[index]!, headlines[index]!);
  const recorder = await startRecorder(path, { ...options, frames: tape.frames() });
  const event = { time: 5, kind: 'policy', subject: 'web-1', text: 'shrank it', data: { by: [1] } } as const;
  recorder.note(event);
  for (let index = 10; index < 30; index++) recorder.append(samples[index]!, headlines[index]!);
  await recorder.close();
  expect(recorder.failure).toBe(undefined);
  expect(recorder.status).toEqual({ seconds: 29, samples: 30, bytes: expect.any(Number), dropped: 0 });
  expect(recorder.status.bytes).toBeGreaterThan(10_000);
  expect(read(path)).toEqual({ samples, events: [event] });
});

test('it follows a tape without encoding anew; after what was dropped it goes on with the next chain', async () => {
  const path = join(folder(), 'a.kvmtop');
  // So little is kept that a chain is some samples long.
  const tape = createMemoryTape({ seconds: 1e9, bytes: 60_000 });
  const frames = samples.map((sample, index) => tape.append(sample, headlines[index]!));
  const keys = frames.flatMap(({ key }, index) => (key ? [index] : []));
  expect(keys.length).toBeGreaterThan(2);
  expect(keys.length).toBeLessThan(frames.length / 2);
  const recorder = await startRecorder(path, { ...options, frames: frames.slice(0, 2) });
  for (const frame of frames.slice(2, keys[1])) recorder.follow(frame);
  // One of another kind in between: what the tape says next builds on what the file does not have.
  recorder.append(samples[20]!, headlines[20]!);
  for (const frame of frames.slice(keys[1]! + 1)) recorder.follow(frame);
  // Nor can one of the other kind build on what came before those.
  recorder.append(samples[21]!, headlines[21]!);
  await recorder.close();
  expect(recorder.failure).toBe(undefined);
  expect(recorder.status.dropped).toBe(keys[2]! - keys[1]! - 1);
  expect(read(path).samples).toEqual([
    ...samples.slice(0, keys[1]),
    samples[20],
    ...samples.slice(keys[2]),
    samples[21],
  ]);
});

test('a file that can not be recorded into is told at once', async () => {
  const there = folder();
  await expect(startRecorder(there, options)).rejects.toThrow(RecordingError);
  await expect(startRecorder(join(there, 'nowhere/a'), options)).rejects.toThrow('is not there');
  const first = await startRecorder(join(there, 'a'), options);
  await expect(startRecorder(join(there, 'a'), options)).rejects.toThrow('is being recorded into');
  await first.close();
});

test('what waits for the disk is bounded; what is dropped leaves a gap and nothing else', async () => {
  const path = join(folder(), 'a.kvmtop');
  const recorder = await startRecorder(path, { ...options, queue: 20_000 });
  // Without a turn of the loop no order can be done.
  for (let index = 0; index < 20; index++) recorder.append(samples[index]!, headlines[index]!);
  expect(recorder.status.dropped).toBeGreaterThan(0);
  const taken = recorder.status.samples;
  await until('the queue is taken', 20_000, () => {
    recorder.append(samples[20]!, headlines[20]!);
    return recorder.status.samples > taken;
  });
  await recorder.close();
  const kept = read(path).samples;
  expect(kept).toHaveLength(recorder.status.samples);
  expect(kept.slice(0, taken)).toEqual(samples.slice(0, taken));
  expect(kept.at(-1)).toEqual(samples[20]);
});

test('after it is closed, or has failed, nothing more is taken', async () => {
  const path = join(folder(), 'a.kvmtop');
  const recorder = await startRecorder(path, options);
  recorder.append(samples[0]!, headlines[0]!);
  await recorder.close();
  recorder.append(samples[1]!, headlines[1]!);
  expect(recorder.status.samples).toBe(1);
  expect(read(path).samples).toEqual(samples.slice(0, 1));
});

test('a bug of its thread is told as one, with where it is', async () => {
  const told: string[] = [];
  const recorder = await startRecorder(join(folder(), 'a.kvmtop'), {
    ...options,
    onFailure: ({ message }) => told.push(message),
  });
  // No headline is without its time.
  recorder.append(samples[0]!, {} as Headline);
  await until('it has failed', 20_000, () => recorder.failure !== undefined);
  recorder.append(samples[1]!, headlines[1]!);
  await recorder.close();
  expect(told).toEqual([recorder.failure?.message]);
  expect(told[0]).toMatch(
    /^the recorder has ended: a bug in kvmtop; please report it: TypeError.*\S at .*write\.ts:\d+/,
  );
});
