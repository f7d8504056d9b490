import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { schema } from '../../src/recording/file.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { noMount, testUnless } from '../lacks.ts';
import { until } from '../until.ts';
import { folder } from './folder.ts';
import { readAll } from './read-all.ts';
import { begin, fewSamples, headlinesOf } from './samples.ts';

const samples = await fewSamples(40);
const headlines = headlinesOf(samples);
const options = { program: 'kvmtop test', delay: 1 };

test('killed after any of the statements that make it, it is made by the next recorder', () => {
  const there = folder();
  const statements = schema.split(/(?<=;)/).filter(statement => statement.trim() !== '');
  expect(statements.length).toBeGreaterThan(10);
  for (const count of statements.keys()) {
    const path = join(there, `${count}.kvmtop`);
    writeFileSync(path, '');
    const half = new DatabaseSync(path);
    half.exec(statements.slice(0, count).join(''));
    // What was not committed is taken back, as it is after a kill.
    half.close();
    const writer = openWriter(path, options);
    writer.append(samples[0]!, headlines[0]!);
    writer.close();
    expect(readAll(path), statements[count]).toBe(1);
    const whole = new DatabaseSync(path, { readOnly: true });
    // Without it a ring would never give pages back.
    expect(whole.prepare('PRAGMA auto_vacuum').get(), statements[count]).toEqual({ auto_vacuum: 2 });
    whole.close();
  }
});

/** A file system of its own. */
const mounted = (size: string): string => {
  const there = folder();
  const mount = (...args: readonly string[]): void => expect(spawnSync('mount', [...args, there]).status).toBe(0);
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'kvmtop-test');
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', there]);
  });
  return there;
};

testUnless(noMount, 'a full disk ends the recording, and what was written is read', () => {
  const there = mounted('512k');
  const path = join(there, 'a.kvmtop');
  const writer = openWriter(path, options);
  let count = 0;
  const fill = (): void => {
    for (; count < 5000; count++) {
      const time = begin + count;
      writer.append({ ...samples[count % samples.length]!, time }, { ...headlines[count % samples.length]!, time });
    }
  };
  expect(fill).toThrow(
    new RegExp(
      `^${there} is full: the recording ends at \\d\\d:\\d\\d:\\d\\d with \\d+ samples; free space and record again$`,
    ),
  );
  expect(count).toBeGreaterThan(50);
  expect(readAll(path)).toBe(count);
  writer.close();
  expect(readAll(path)).toBe(count);
});

testUnless(noMount, 'a full disk is told by the recorder, once', async () => {
  const there = mounted('512k');
  const path = join(there, 'a.kvmtop');
  const told: string[] = [];
  const recorder = await startRecorder(path, { ...options, onFailure: error => told.push(error.message) });
  await until('the disk is full', 20_000, () => {
    for (const [index, sample] of samples.entries()) recorder.append(sample, headlines[index]!);
    return recorder.failure !== undefined;
  });
  expect(recorder.failure).toBeInstanceOf(RecordingError);
  await recorder.close();
  expect(told).toEqual([recorder.failure!.message]);
  expect(told[0]).toContain(' is full: ');
  expect(readAll(path)).toBeGreaterThan(50);
});

testUnless(noMount, 'a disk that is full from the start is told', () => {
  const there = mounted('64k');
  writeFileSync(join(there, 'fill'), Buffer.alloc(60 * 1024));
  expect(() => openWriter(join(there, 'a.kvmtop'), options)).toThrow(/on a full disk: free space, or record elsewhere/);
});

testUnless(noMount, 'in a folder that is read-only, any recording is read', () => {
  const there = mounted('8m');
  const path = (name: string): string => join(there, name);
  const writer = openWriter(path('open'), options);
  for (const [index, sample] of samples.entries()) writer.append(sample, headlines[index]!);
  // As its recorder would leave them if it was killed, or if they are copied meanwhile.
  for (const end of ['', '-wal', '-shm']) copyFileSync(path('open') + end, path('killed') + end);
  for (const end of ['', '-wal']) copyFileSync(path('open') + end, path('copied') + end);
  copyFileSync(path('open'), path('alone'));
  writer.close();
  expect(spawnSync('mount', ['-o', 'remount,ro', there]).status).toBe(0);
  const before = readdirSync(there);
  expect(readAll(path('open'))).toBe(samples.length);
  expect(readAll(path('killed'))).toBe(samples.length);
  expect(readAll(path('alone'))).toBeGreaterThan(samples.length / 2);
  expect(() => readAll(path('copied'))).toThrow("has a log that can't be read here: copy it with its -wal");
  expect(() => openWriter(path('open'), options)).toThrow(RecordingError);
  expect(readdirSync(there)).toEqual(before);
});
