import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { chainLength } from '../../src/recording/frame.ts';
import { openRecording } from '../../src/recording/read.ts';
import { recover } from '../../src/recording/recover.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { expectSame } from '../same.ts';
import { soaking } from '../soaking.ts';
import { folder } from './folder.ts';
import { begin, demoSamples, headlinesOf } from './samples.ts';

const samples = await demoSamples(3 * chainLength);
const headlines = headlinesOf(samples);
const event = (time: number) =>
  ({ time, kind: 'finding', subject: 'host', text: `at ${time}`, data: { a: 1 } }) as const;

const whole = (path: string): void => {
  const writer = openWriter(path, { program: 'kvmtop test', delay: 1 });
  for (const [index, sample] of samples.entries()) {
    writer.append(sample, headlines[index]!);
    if (index % 100 === 0) writer.note(event(begin + index));
  }
  writer.close();
};

let bytes: Buffer | undefined;
/** A recording of all of it; made once. */
const record = (): string => {
  const path = join(folder(), 'a.kvmtop');
  if (bytes) writeFileSync(path, bytes);
  else whole(path);
  bytes ??= readFileSync(path);
  return path;
};

/** Each sample that was saved is one that was recorded, with its headline. Gives their numbers, from 0. */
const saved = (path: string): readonly number[] => {
  const recording = openRecording(path);
  try {
    const ids = Array.from({ length: recording.last - recording.first + 1 }, (_, index) => recording.first + index);
    return ids.map(id => {
      const found = recording.sample(id);
      const number = Math.round(found.time - begin);
      expectSame(found, samples[number]);
      expect(headlines[number]).toMatchObject(recording.headlines(id, id)[0]!);
      return number;
    });
  } finally {
    recording.close();
  }
};

test('of a whole recording everything is saved', () => {
  const path = record();
  const to = `${path}.saved`;
  expect(recover(path, to)).toEqual({ samples: samples.length, lost: 0 });
  expect(saved(to)).toEqual(samples.map((_, index) => index));
  const recording = openRecording(to);
  expect(recording.events(0, 1e12)).toEqual([0, 100, 200, 300].map(index => event(begin + index)));
  expect(recording.sessions[0]!.program).toBe('kvmtop test');
  recording.close();
});

test('a broken sample costs those up to the next key', () => {
  const path = record();
  const database = new DatabaseSync(path);
  database.exec(`UPDATE sample SET data = x'00' WHERE id = 100; DELETE FROM sample WHERE id = ${chainLength + 20}`);
  database.close();
  expect(recover(path, `${path}.saved`)).toEqual({ samples: 99 + 19 + chainLength, lost: 29 + (chainLength - 19) });
  const numbers = samples.map((_, index) => index);
  expect(saved(`${path}.saved`)).toEqual([
    ...numbers.slice(0, 99),
    ...numbers.slice(chainLength, chainLength + 19),
    ...numbers.slice(2 * chainLength),
  ]);
});

test('what is cut off or has broken pages is saved as far as it can be read', () => {
  const path = record();
  const bytes = readFileSync(path);
  const pages = Math.floor(bytes.length / 8192);
  let most = 0;
  for (let page = 2; page < pages; page += soaking ? 5 : 61) {
    const broken = Buffer.from(bytes);
    broken.fill(0xa5, page * 8192, (page + 1) * 8192);
    const damaged = `${path}.${page}`;
    writeFileSync(damaged, broken);
    try {
      const recovered = recover(damaged, `${damaged}.saved`);
      expect(saved(`${damaged}.saved`)).toHaveLength(recovered.samples);
      most = Math.max(most, recovered.samples);
    } catch (error) {
      expect(error).toBeInstanceOf(RecordingError);
    }
  }
  expect(most).toBeGreaterThan(2 * chainLength);
  truncateSync(path, Math.floor(pages * 0.7) * 8192);
  const { samples: half } = recover(path, `${path}.saved`);
  expect(half).toBeGreaterThan(chainLength);
  expect(saved(`${path}.saved`)).toHaveLength(half);
});

test('what is there is not written over, and what is no recording is told', () => {
  const path = record();
  expect(() => recover(path, path)).toThrow(RecordingError);
  expect(saved(path)).toHaveLength(samples.length);
  writeFileSync(`${path}.text`, 'mine');
  expect(() => recover(path, `${path}.text`)).toThrow('is no recording of kvmtop');
  expect(() => recover(`${path}.text`, `${path}.other`)).toThrow('is no recording of kvmtop');
});
