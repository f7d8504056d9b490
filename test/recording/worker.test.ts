import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { DeltaEncoder, Encoder } from '../../src/recording/encoder.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { openRecording } from '../../src/recording/read.ts';
import { smallestRing } from '../../src/recording/ring.ts';
import type { Answer, Order } from '../../src/recording/worker.ts';
import { serve } from '../../src/recording/worker.ts';
import type { WriterOptions } from '../../src/recording/write.ts';
import { until } from '../until.ts';
import { folder } from './folder.ts';
import { fewSamples, headlinesOf } from './samples.ts';

/** The thread that writes, on this one, so that what it is sent and what it answers can be seen. */

const samples = await fewSamples(60);
const headlines = headlinesOf(samples);
const session: WriterOptions = { program: 'kvmtop test', delay: 1 };

const start = (path: string, options: WriterOptions = session) => {
  const { port1: its, port2: ours } = new MessageChannel();
  const answers: Answer[] = [];
  let isClosed = false;
  ours.on('message', (answer: Answer) => answers.push(answer));
  ours.on('close', () => {
    isClosed = true;
  });
  onTestFinished(() => ours.close());
  serve(its, { path, options });
  return {
    answers,
    send: (order: Order) => ours.postMessage(order),
    heard: async (count: number): Promise<void> => {
      while (answers.length < count) await once(ours, 'message');
    },
    closed: () => until('the end', 10_000, () => isClosed),
  };
};
const timesIn = (path: string): readonly number[] => {
  const recording = openRecording(path);
  try {
    return Array.from(
      { length: recording.last - recording.first + 1 },
      (_, at) => recording.sample(recording.first + at).time,
    );
  } finally {
    recording.close();
  }
};
const event = { time: 5, kind: 'policy', subject: 'web-1', text: 'shrank it' } as const;

test('what it is sent is in the file, in its order, and each order is answered with what that has become', async () => {
  const path = join(folder(), 'a.kvmtop');
  const { answers, send, heard, closed } = start(path);
  const tape = createMemoryTape({ seconds: 1e9, bytes: 1e9 });
  const deltas = new DeltaEncoder();
  const sizes: number[] = [];
  await heard(1);
  for (const [at, sample] of samples.entries()) {
    const headline = headlines[at]!;
    // First as a memory tape has them, then as they come.
    const frame = at < 20 ? tape.append(sample, headline) : deltas.next(sample);
    send({ kind: 'append', frame, headline });
    await heard(at + 2);
    sizes.push(statSync(path).size + statSync(`${path}-wal`).size);
  }
  send({ kind: 'note', event });
  await heard(samples.length + 2);
  expect(answers).toEqual([
    { kind: 'done', bytes: expect.any(Number), isFull: false },
    ...sizes.map(bytes => ({ kind: 'done', bytes, isFull: false })),
    { kind: 'done', bytes: expect.any(Number), isFull: false },
  ]);
  send({ kind: 'close' });
  await closed();
  expect(readdirSync(join(path, '..'))).toEqual(['a.kvmtop']);
  expect(timesIn(path)).toEqual(samples.map(({ time }) => time));
  const recording = openRecording(path);
  expect(recording.events(0, 9)).toEqual([event]);
  recording.close();
});

test('where little is kept it tells when a chain should end, and that a new one has begun', async () => {
  const path = join(folder(), 'a.kvmtop');
  const { answers, send, heard } = start(path, { ...session, keep: { bytes: smallestRing } });
  const deltas = new DeltaEncoder();
  let sent = 0;
  const append = async (): Promise<boolean> => {
    // Far apart, so that deltas are long.
    const at = (sent * 17) % samples.length;
    send({ kind: 'append', frame: deltas.next(samples[at]!), headline: headlines[at]! });
    sent += 1;
    await heard(sent + 1);
    const answer = answers.at(-1);
    return answer?.kind === 'done' && answer.isFull;
  };
  while (!(await append())) expect(sent).toBeLessThan(120);
  const full = sent;
  expect(full).toBeGreaterThan(2);
  send({ kind: 'note', event });
  sent += 1;
  await heard(sent + 1);
  // Of a chain nothing is said where none was added to.
  expect(answers.at(-1)).toMatchObject({ kind: 'done', isFull: false });
  deltas.restart();
  expect(await append()).toBe(false);
});

test('a file that can not be written is told, and the port is closed', async () => {
  const there = folder();
  const { answers, closed } = start(join(there, 'nowhere/a'));
  await closed();
  expect(answers).toEqual([{ kind: 'failed', message: expect.stringContaining('is not there'), damaged: false }]);
  const cut = join(there, 'cut');
  writeFileSync(cut, 'SQLite format 3\0');
  const other = start(cut);
  await other.closed();
  expect(other.answers).toEqual([{ kind: 'failed', message: expect.stringContaining('cut off'), damaged: true }]);
});

test('after an order that failed none is done, and the file is whole', async () => {
  const path = join(folder(), 'a.kvmtop');
  const { answers, send, closed } = start(path);
  const frame = new Encoder().encode(samples[0]!);
  send({ kind: 'append', frame: { key: true, data: new Uint8Array([1, 2, 3]) }, headline: headlines[0]! });
  send({ kind: 'append', frame, headline: headlines[0]! });
  send({ kind: 'note', event });
  await closed();
  expect(answers.map(({ kind }) => kind)).toEqual(['done', 'failed']);
  expect(answers[1]).toMatchObject({ message: expect.stringContaining('is damaged'), damaged: false });
  expect(readdirSync(join(path, '..'))).toEqual(['a.kvmtop']);
  expect(timesIn(path)).toEqual([]);
});
