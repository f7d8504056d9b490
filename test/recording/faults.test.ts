import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { schema } from '../../src/recording/file.ts';
import { openRecording } from '../../src/recording/read.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { noMount, testUnless } from '../lacks.ts';
import { soaking } from '../soaking.ts';
import { until } from '../until.ts';
import { folder } from './folder.ts';
import { begin, demoSamples, headlinesOf } from './samples.ts';

const samples = await demoSamples(40);
const headlines = headlinesOf(samples);
const options = { program: 'kvmtop test', delay: 1 };

/** How many samples the recording has; each is read. */
const readAll = (path: string): number => {
  const recording = openRecording(path);
  try {
    for (let id = recording.first; id <= recording.last; id++)
      expect(recording.sample(id).time).toBe(recording.headlines(id, id)[0]!.time);
    return recording.last - recording.first + 1;
  } finally {
    recording.close();
  }
};

test('killed at any moment, at most the last sample is lost, and the next recorder goes on', async () => {
  const path = join(folder(), 'a.kvmtop');
  const kills = soaking ? [1, 2, 30, 131, 7, 64] : [1, 30, 131];
  let before = 0;
  for (const samplesUntil of kills) {
    const recorder = spawn(process.execPath, [join(import.meta.dirname, 'endless.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    recorder.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.split('\n').length > samplesUntil) recorder.kill('SIGKILL');
    });
    await once(recorder, 'close');
    const written = told.split('\n').length - 1;
    const now = readAll(path);
    expect(written).toBeGreaterThanOrEqual(samplesUntil);
    expect(now - before).toBeGreaterThanOrEqual(written);
    expect(now - before).toBeLessThanOrEqual(written + 1);
    before = now;
  }
  const recording = openRecording(path);
  expect(recording.sessions.map(({ id }) => id)).toEqual(kills.map((_, index) => index + 1));
  expect(recording.sessions.slice(0, -1).every(({ ended }) => ended !== undefined && ended >= begin)).toBe(true);
  recording.close();
});

test('killed before its first sample it is a recording without samples, or can become one', async () => {
  const there = folder();
  for (const wait of soaking ? [0, 50, 100, 150, 200, 250, 300, 400] : [0, 80, 160]) {
    const path = join(there, `${wait}.kvmtop`);
    const recorder = spawn(process.execPath, [join(import.meta.dirname, 'endless.ts'), path], { stdio: 'ignore' });
    setTimeout(() => recorder.kill('SIGKILL'), wait);
    await once(recorder, 'exit');
    const writer = openWriter(path, options);
    writer.append(samples[0]!, headlines[0]!);
    writer.close();
    expect(readAll(path)).toBeGreaterThanOrEqual(1);
  }
});

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

test('without permission it is told', () => {
  const path = join(folder(), 'a.kvmtop');
  openWriter(path, options).close();
  chmodSync(path, 0);
  const script = `import { openRecording } from '${join(import.meta.dirname, '../../src/recording/read.ts')}';
    if (process.getuid() === 0) process.setuid(65534);
    try { openRecording(process.argv[1]); } catch (error) { console.log(error.message); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' });
  expect(stdout).toBe(`${path} may not be opened: no permission; run kvmtop as its owner\n`);
});
