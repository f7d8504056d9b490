import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRecording } from '../../src/recording/read.ts';
import { openWriter } from '../../src/recording/write.ts';
import { folder } from './folder.ts';
import { events, headlines, samples } from './v1.ts';

const file = join(import.meta.dirname, 'v1.kvmtop');

test('a recording of format 1 is read as it was written, by every later kvmtop', () => {
  const recording = openRecording(file);
  expect([recording.first, recording.last, recording.delay]).toEqual([1, samples.length, 1]);
  expect(samples.map((_, index) => recording.sample(index + 1))).toEqual(samples);
  expect(samples.map((_, index) => recording.before(index + 1))).toEqual([undefined, ...samples.slice(0, -1)]);
  expect(recording.headlines(1, samples.length)).toEqual(headlines);
  expect(recording.events(0, 2e9)).toEqual(events);
  expect(recording.find(1_800_000_003)).toBe(3);
  expect(recording.sessions).toEqual([
    {
      id: 1,
      started: expect.any(Number),
      ended: 1_800_000_005.25,
      program: 'kvmtop 0.1.0',
      hostname: 'host-1',
      kernel: '6.1.0-18-amd64',
      boot: 'boot-1',
      delay: 1,
      user: 'root',
    },
  ]);
  recording.close();
});

test('and is gone on with', () => {
  const path = join(folder(), 'a.kvmtop');
  copyFileSync(file, path);
  const writer = openWriter(path, { program: 'kvmtop test', delay: 2, boot: 'boot-1' });
  for (const [index, sample] of samples.entries()) writer.append(sample, headlines[index]!);
  writer.close();
  const recording = openRecording(path);
  expect(samples.map((_, index) => recording.sample(samples.length + index + 1))).toEqual(samples);
  expect(recording.before(samples.length + 1)).toEqual(samples.at(-1));
  recording.close();
});
