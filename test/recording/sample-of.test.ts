import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chainLength } from '../../src/recording/frame.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { openRecording } from '../../src/recording/read.ts';
import type { GuestTape } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import type { Sample } from '../../src/sample.ts';
import { folder } from './folder.ts';
import { demoSamples, headlinesOf } from './samples.ts';

const samples = await demoSamples(2 * chainLength + 10);
const headlines = headlinesOf(samples);
const web = samples[0]!.guests.find(({ name }) => name === 'web-1')!.id;

const alone = ({ host: { processes: _, kvm: __, ...host }, ...sample }: Sample) => ({
  ...sample,
  host,
  guests: sample.guests.filter(({ id }) => id === web),
});

const expectAlone = (tape: GuestTape): void => {
  for (const id of [2, 1, 130, 129, 128, 266, 200]) {
    const { host, ...rest } = tape.sampleOf(id, web);
    const { processes: _, kvm: __, ...few } = host;
    expect({ ...rest, host: few }).toEqual(alone(samples[id - 1]!));
    expect(tape.sampleOf(id, 'nobody').guests).toEqual([]);
  }
  expect(() => tape.sampleOf(267, web)).toThrow(RangeError);
  expect(tape.starts(1, 266)).toEqual([1, 129, 257]);
  expect(tape.starts(2, 129)).toEqual([129]);
};

test('one guest of a sample in memory', () => {
  const tape = createMemoryTape({ seconds: 1e9, bytes: 1e9 });
  for (const [index, sample] of samples.entries()) tape.append(sample, headlines[index]!);
  expectAlone(tape);
});

test('one guest of a recorded sample', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, { program: 'kvmtop test', delay: 1 });
  for (const [index, sample] of samples.entries()) writer.append(sample, headlines[index]!);
  writer.close();
  const recording = openRecording(path);
  expectAlone(recording);
  recording.close();
});
