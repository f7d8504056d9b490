import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openForReading, openForWriting } from '../../src/recording/file.ts';
import { chainLength } from '../../src/recording/frame.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { openRecording, type Recording } from '../../src/recording/read.ts';
import { RecordingError, type TapeEvent } from '../../src/recording/tape.ts';
import { openWriter, type WriterOptions } from '../../src/recording/write.ts';
import { expectSame } from '../same.ts';
import { soaking } from '../soaking.ts';
import { folder } from './folder.ts';
import { begin, demoSamples, fewSamples, headlinesOf } from './samples.ts';

const samples = await fewSamples(2 * chainLength + 20);
const headlines = headlinesOf(samples);
const options: WriterOptions = { program: 'kvmtop test', delay: 1 };
const event = (time: number): TapeEvent => ({
  time,
  kind: 'action',
  subject: 'web-1',
  text: `at ${time}`,
  data: { summary: 'balloon', steps: [1, 'two'] },
});

const record = (path: string, from = 0, to = samples.length, more: Partial<WriterOptions> = {}): void => {
  const writer = openWriter(path, { ...options, ...more });
  for (let index = from; index < to; index++) writer.append(samples[index]!, headlines[index]!);
  writer.close();
};
const all = (recording: Recording) =>
  Array.from({ length: recording.last - recording.first + 1 }, (_, index) => recording.sample(recording.first + index));
const use = <Result>(path: string, look: (recording: Recording) => Result): Result => {
  const recording = openRecording(path);
  try {
    return look(recording);
  } finally {
    recording.close();
  }
};

test('what was recorded is read as it was, from one file that only its owner may read', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path);
  expect(readdirSync(join(path, '..'))).toEqual(['a.kvmtop']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  use(path, recording => {
    expectSame(all(recording), samples);
    expect(recording.headlines(1, samples.length)).toEqual(headlines);
    expect(recording.headlines(130, 131)).toEqual(headlines.slice(129, 131));
    expect(recording.delay).toBe(1);
    expect(recording.bytes).toBe(statSync(path).size);
    expect(recording.sessions).toEqual([
      {
        id: 1,
        started: expect.any(Number),
        ended: begin + samples.length - 1,
        program: 'kvmtop test',
        hostname: samples[0]!.host.hostname,
        kernel: samples[0]!.host.kernel,
        boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
        delay: 1,
        user: expect.any(String),
      },
    ]);
  });
});

test('any sample, the one before it, and the one of a moment', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path);
  use(path, recording => {
    for (const id of [200, 3, 129, 128, samples.length]) {
      expectSame(recording.sample(id), samples[id - 1]);
      expectSame(recording.before(id), samples[id - 2]);
    }
    expect(recording.before(1)).toBe(undefined);
    for (const id of [0, samples.length + 1, 1.5, Number.NaN]) expect(() => recording.sample(id)).toThrow(RangeError);
    expect([begin - 5, begin, begin + 9.9, begin + 1e9].map(time => recording.find(time))).toEqual([
      1,
      1,
      10,
      samples.length,
    ]);
  });
});

test('while it is written, nobody else may read it, and it can be followed', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, options);
  writer.append(samples[0]!, headlines[0]!);
  for (const name of readdirSync(join(path, '..')))
    expect([name, statSync(join(path, '..', name)).mode & 0o777]).toEqual([name, 0o600]);
  use(path, recording => {
    expect(recording.refresh()).toBe(false);
    for (let index = 1; index < samples.length; index++) {
      writer.append(samples[index]!, headlines[index]!);
      expect(recording.last).toBe(index);
      expect(recording.refresh()).toBe(true);
      expectSame(recording.sample(recording.last), samples[index]);
    }
    expect(recording.sessions[0]!.ended).toBe(undefined);
    expect([writer.samples, writer.since]).toEqual([samples.length, begin]);
    writer.close();
    expectSame(recording.sample(5), samples[4]);
  });
  expectSame(use(path, all), samples);
});

test('events come back in the order of their times', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, options);
  for (const time of [begin + 2, begin + 1, begin + 3]) writer.note(event(time));
  writer.close();
  use(path, recording => {
    expect(recording.last).toBeLessThan(recording.first);
    expect(recording.events(begin, begin + 2)).toEqual([event(begin + 1), event(begin + 2)]);
  });
});

test('recording into a recording adds a session; rates end at a reboot', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 3);
  record(path, 3, 6, { delay: 2 });
  record(path, 6, 9, { boot: 'another' });
  use(path, recording => {
    expectSame(all(recording), samples.slice(0, 9));
    expect(recording.sessions.map(({ id, delay }) => [id, delay])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    expectSame(recording.before(4), samples[2]);
    expect(recording.before(7)).toBe(undefined);
    expectSame(recording.before(8), samples[6]);
  });
});

test('what memory has kept is recorded as it is, and the recording goes on from there', () => {
  const tape = createMemoryTape({ seconds: 1e9, bytes: 1e9 });
  for (let index = 0; index < 200; index++) tape.append(samples[index]!, headlines[index]!);
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, options);
  for (const frame of tape.frames()) writer.append(frame, frame.headline);
  for (let index = 200; index < 210; index++) writer.append(samples[index]!, headlines[index]!);
  writer.close();
  expectSame(use(path, all), samples.slice(0, 210));
});

test('two recorders on one file are refused; the place of a killed one is taken', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, options);
  writer.append(samples[0]!, headlines[0]!);
  expect(() => openWriter(path, options)).toThrow(`is being recorded into by process ${process.pid}`);
  const copy = join(folder(), 'b.kvmtop');
  writer.append(samples[1]!, headlines[1]!);
  for (const end of ['', '-wal']) copyFileSync(path + end, copy + end);
  writer.close();
  const database = new DatabaseSync(copy);
  database.exec('UPDATE session SET starttime = starttime - 1');
  database.close();
  record(copy, 2, 4);
  use(copy, recording => {
    expectSame(all(recording), samples.slice(0, 4));
    expect(recording.sessions.map(({ ended }) => ended)).toEqual([begin + 1, begin + 3]);
  });
});

test.each(soaking ? [512 * 1024, 1024 * 1024] : [512 * 1024])(
  'a ring stays below %d bytes, and has the newest',
  async most => {
    // So far apart that much differs from each to the next.
    const busy = (await demoSamples(40)).map((_, index, all) => all[(index * 17) % all.length]!);
    const heads = headlinesOf(busy);
    const path = join(folder(), 'a.kvmtop');
    const writer = openWriter(path, { ...options, keep: { bytes: most } });
    const rounds = Math.ceil(most / 32_768);
    let oldest = 0;
    for (let round = 0; round < rounds; round++)
      for (const [index, sample] of busy.entries()) {
        const time = begin + round * busy.length + index;
        writer.append({ ...sample, time }, { ...heads[index]!, time });
        if (index % 10 === 0) writer.note(event(time));
        expect(writer.bytes).toBeLessThanOrEqual(most);
        oldest = Math.max(oldest, writer.bytes);
      }
    expect(oldest).toBeGreaterThan(most * 0.5);
    const { since } = writer;
    writer.close();
    use(path, recording => {
      expect(recording.first).toBeGreaterThan(1);
      expect(recording.last).toBe(rounds * busy.length);
      expect(recording.headlines(recording.first, recording.first)[0]!.time).toBe(since);
      expectSame(recording.sample(recording.last), {
        ...busy.at(-1),
        time: recording.headlines(recording.last, recording.last)[0]!.time,
      });
      expect(recording.events(0, since! - 1)).toEqual([]);
      expect(all(recording)).toHaveLength(recording.last - recording.first + 1);
    });
  },
);

test('a ring of seconds drops whole chains that are older', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, samples.length, { keep: { seconds: 60 } });
  use(path, recording => {
    expect([recording.first, recording.last]).toEqual([chainLength + 1, samples.length]);
    expectSame(recording.sample(chainLength + 1), samples[chainLength]);
  });
});

test('a ring that is too small for anything is refused', () => {
  expect(() => openWriter(join(folder(), 'a'), { ...options, keep: { bytes: 1000 } })).toThrow(/below 512 KiB/);
});

const fails = (path: string, why: RegExp | string): void => {
  for (const attempt of [() => openRecording(path), () => openWriter(path, options)]) {
    expect(attempt).toThrow(RecordingError);
    expect(attempt).toThrow(why);
  }
};

test('what is no recording is refused in one line, and stays as it is', () => {
  const there = folder();
  const path = join(there, 'other');
  fails(there, 'is a folder');
  fails('/dev/null', 'is no regular file');
  fails(join(there, 'nowhere/a'), 'is not there');
  for (const content of ['hello', 'SQLite format 3\0', 'x'.repeat(5000)]) {
    writeFileSync(path, content);
    fails(path, content.startsWith('SQLite') ? 'cut off' : 'is no recording of kvmtop');
    expect(readFileSync(path, 'utf8')).toBe(content);
  }
  const foreign = join(there, 'foreign.db');
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE sample (id INTEGER PRIMARY KEY)');
  database.close();
  fails(foreign, 'is no recording of kvmtop');
  symlinkSync(join(there, 'gone'), join(there, 'link'));
  expect(() => openWriter(join(there, 'link'), options)).toThrow(RecordingError);
  expect(existsSync(join(there, 'gone'))).toBe(false);
});

test('a newer format is told to be one', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 2);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 2');
  database.close();
  fails(path, 'is of format 2, this kvmtop reads 1: use a newer kvmtop');
});

test('columns, tables and kinds of events of a later minor version are passed over', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 3);
  const database = new DatabaseSync(path);
  database.exec(`ALTER TABLE headline ADD COLUMN cxl_total NUMERIC DEFAULT 5; ALTER TABLE sample ADD COLUMN host TEXT;
    ALTER TABLE session ADD COLUMN site TEXT; ALTER TABLE event ADD COLUMN level INTEGER; CREATE TABLE note (id INTEGER);
    INSERT INTO event (time, kind, subject, text) VALUES (1, 'marker', 'host', 'new'), (2, 'action', 'host', 'old')`);
  database.close();
  use(path, recording => {
    expectSame(all(recording), samples.slice(0, 3));
    expect(recording.headlines(1, 3)).toEqual(headlines.slice(0, 3));
    expect(recording.events(0, 9)).toEqual([{ time: 2, kind: 'action', subject: 'host', text: 'old' }]);
  });
});

test('a table that computes is not read', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 1);
  const database = new DatabaseSync(path);
  database.exec(`DROP TABLE event; CREATE VIEW event AS
    WITH RECURSIVE n(time) AS (SELECT 1 UNION ALL SELECT time + 1 FROM n) SELECT time FROM n`);
  database.close();
  expect(() => openRecording(path)).toThrow('lacks its table event');
});

test('what a schema says of the machine that reads it is not run', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 1);
  const database = new DatabaseSync(path);
  // What lies in a file of somebody else's may ask nothing of the database that has it open, such as where it lies.
  database.exec('CREATE VIEW curious AS SELECT file FROM pragma_database_list');
  expect(database.prepare('SELECT * FROM curious').all()).toEqual([{ file: realpathSync(path) }]);
  database.close();
  for (const open of [openForReading, openForWriting]) {
    const opened = open(path);
    expect(() => opened.prepare('SELECT * FROM curious').all()).toThrow(/unsafe use of virtual table/);
    opened.close();
  }
});

test('cut off anywhere, it is refused or read as far as it goes, and never crashes', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 40);
  const { size } = statSync(path);
  let refused = 0;
  for (let length = 0; length < size; length += 3001) {
    const cut = join(folder(), 'cut');
    copyFileSync(path, cut);
    truncateSync(cut, length);
    try {
      use(cut, recording => {
        for (let id = recording.first; id <= recording.last; id++) expectSame(recording.sample(id), samples[id - 1]);
        expect(recording.headlines(recording.first, recording.last)).toEqual(headlines.slice(0, recording.last));
      });
    } catch (error) {
      expect(error).toBeInstanceOf(RecordingError);
      expect((error as Error).message).not.toContain('\n');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(0);
});

test('random damage is told, or passes by what is read', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path, 0, 40);
  const bytes = readFileSync(path);
  const damaged = join(folder(), 'damaged');
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 60; round++) {
    const copy = Buffer.from(bytes);
    for (let one = 0; one < 8; one++) copy[100 + random(bytes.length - 100)] = random(256);
    writeFileSync(damaged, copy);
    try {
      use(damaged, recording => {
        for (let id = recording.first; id <= Math.min(recording.last, 40); id++) {
          const { time } = recording.sample(id);
          expect(typeof time).toBe('number');
        }
        recording.headlines(recording.first, recording.last);
        recording.events(0, 1e12);
      });
    } catch (error) {
      expect(error instanceof RecordingError || error instanceof RangeError).toBe(true);
    }
  }
});
