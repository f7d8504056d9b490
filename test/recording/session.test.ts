import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { bootId, starttimeOf } from '../../src/process-id.ts';
import { Encoder } from '../../src/recording/encoder.ts';
import { smallestRing } from '../../src/recording/ring.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { sample } from '../samples.ts';
import { folder } from './folder.ts';
import { begin, fewSamples, headlinesOf } from './samples.ts';

/** Who may write into a recording, what is said of a session, and how much is kept. */

const samples = await fewSamples(40);
const headlines = headlinesOf(samples);
const session = { program: 'kvmtop test', delay: 1 };

const read = (path: string, sql: string): readonly Readonly<Record<string, unknown>>[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map(row => ({ ...row }));
  } finally {
    database.close();
  }
};
const alter = (path: string, sql: string): void => {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
};
const writing = (path: string, more = {}) => {
  const writer = openWriter(path, { ...session, ...more });
  onTestFinished(() => writer.close());
  return writer;
};

test('a session says who records what, from its first sample on', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = writing(path, { delay: 2.5 });
  expect(read(path, 'SELECT * FROM session')).toEqual([
    {
      id: 1,
      started: expect.closeTo(Date.now() / 1000, -2),
      ended: null,
      program: 'kvmtop test',
      hostname: null,
      kernel: null,
      boot: bootId(),
      page_size: null,
      delay: 2.5,
      user: userInfo().username,
      pid: process.pid,
      starttime: starttimeOf(process.pid),
      fields: null,
    },
  ]);
  const first = sample({
    time: begin,
    pageSize: 16_384,
    host: { hostname: 'kvm-a', kernel: '6.1', meminfo: { MemTotal: 1 } },
  });
  writer.append(first, { time: begin });
  writer.append(sample({ host: { hostname: 'another' } }), { time: begin + 1 });
  const [row] = read(path, 'SELECT hostname, kernel, page_size, fields FROM session');
  expect(row).toMatchObject({ hostname: 'kvm-a', kernel: '6.1', page_size: 16_384 });
  const { headline, parts } = JSON.parse(String(row?.['fields']));
  expect(parts).toEqual(['hostname', 'kernel', 'meminfo', 'guests']);
  // A counter is told by its rate.
  expect(headline).toMatchObject({
    mem_total: 'bytes',
    swap_in: 'bytes_per_second',
    psi_mem_some_avg10: 'ratio',
    guests: 'count',
    guests_used: 'bytes',
  });
});

test.each([
  ['by a process that has ended', 'UPDATE session SET pid = 4194304'],
  ['by another process of the same PID', 'UPDATE session SET starttime = starttime + 1'],
  ['before the host booted', `UPDATE session SET boot = 'another'`],
  ['by nobody who is known', 'UPDATE session SET pid = NULL'],
])('a session that was left open %s is ended where its last sample is, and written on', (_why, sql) => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, session);
  writer.append(samples[0]!, headlines[0]!);
  writer.append(samples[1]!, headlines[1]!);
  writer.close();
  alter(
    path,
    `UPDATE session SET ended = NULL; ${sql}; INSERT INTO session (started, ended, pid) VALUES (7, NULL, NULL), (8, 9, NULL)`,
  );
  writing(path);
  expect(read(path, 'SELECT ended FROM session ORDER BY id')).toEqual([
    { ended: begin + 1 },
    // It has no sample.
    { ended: 7 },
    { ended: 9 },
    { ended: null },
  ]);
});

test('while its recorder lives it is that one’s, and nothing is changed', () => {
  const path = join(folder(), 'a.kvmtop');
  writing(path);
  expect(() => openWriter(path, session)).toThrow(
    new RecordingError(
      `${path} is being recorded into by process ${process.pid}: end that, or record into another file`,
    ),
  );
  expect(read(path, 'SELECT count(*) AS count, max(ended) AS ended FROM session')).toEqual([{ count: 1, ended: null }]);
});

test('it ends when its last sample was taken; one without samples when it was closed', () => {
  const path = join(folder(), 'a.kvmtop');
  openWriter(path, session).close();
  const writer = openWriter(path, session);
  writer.append(samples[0]!, headlines[0]!);
  writer.close();
  writer.close();
  expect(read(path, 'SELECT ended FROM session ORDER BY id')).toEqual([
    { ended: expect.closeTo(Date.now() / 1000, -2) },
    { ended: begin },
  ]);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('a session can’t begin with what builds on a sample that the file does not have', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = writing(path);
  const encoder = new Encoder();
  const [key, delta] = [samples[0]!, samples[1]!].map(one => encoder.encode(one));
  expect(() => writer.append(delta!, headlines[1]!)).toThrow(RangeError);
  writer.append(key!, headlines[0]!);
  writer.append(delta!, headlines[1]!);
  expect(read(path, 'SELECT id, time, key FROM sample')).toEqual([
    { id: 1, time: begin, key: 1 },
    { id: 2, time: begin + 1, key: 0 },
  ]);
});

test('what could not be written is built on by nothing', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = writing(path);
  writer.append(samples[0]!, headlines[0]!);
  // A bug of whoever calls: it is told as one.
  expect(() => writer.append(samples[1]!, {} as never)).toThrow(TypeError);
  writer.append(samples[2]!, headlines[2]!);
  writer.append(samples[3]!, headlines[3]!);
  expect(read(path, 'SELECT id, time, key FROM sample')).toEqual([
    { id: 1, time: begin, key: 1 },
    { id: 2, time: begin + 2, key: 1 },
    { id: 3, time: begin + 3, key: 0 },
  ]);
  expect([writer.samples, writer.since]).toEqual([3, begin]);
});

test('an event without data has none', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = writing(path);
  writer.note({ time: 1, kind: 'action', subject: 'host', text: 'done' });
  writer.note({ time: 2, kind: 'action', subject: 'host', text: 'done', data: null });
  expect(read(path, 'SELECT time, data FROM event')).toEqual([
    { time: 1, data: null },
    { time: 2, data: 'null' },
  ]);
  expect(writer.since).toBe(undefined);
  expect(writer.samples).toBe(0);
});

test('a ring stays small when nothing but events comes, and the newest of them stay', () => {
  const path = join(folder(), 'a.kvmtop');
  const writer = writing(path, { keep: { bytes: smallestRing } });
  const text = 'x'.repeat(2000);
  for (let time = 1; time <= 600; time++) {
    writer.note({ time, kind: 'finding', subject: 'host', text });
    expect(writer.bytes).toBeLessThanOrEqual(smallestRing);
  }
  const times = read(path, 'SELECT time FROM event ORDER BY time').map(({ time }) => Number(time));
  expect(times.at(-1)).toBe(600);
  expect(times.length).toBe(600 - times[0]! + 1);
  expect(times.length).toBeGreaterThan(20);
  expect(times.length).toBeLessThan(300);
});

test('with a chain go its numbers, its events and the sessions that were over by then', () => {
  const path = join(folder(), 'a.kvmtop');
  const later = (at: number, by: number) =>
    [
      { ...samples[at]!, time: begin + by },
      { ...headlines[at]!, time: begin + by },
    ] as const;
  for (const by of [0, 10]) {
    const writer = openWriter(path, { ...session, keep: { seconds: 60 } });
    writer.append(...later(by, by));
    writer.note({ time: begin + by, kind: 'action', subject: 'host', text: `at ${by}` });
    writer.close();
  }
  const writer = writing(path, { keep: { seconds: 60 } });
  // Of the chains that are there the first has ended 59 and the second 49 seconds ago, then 61 and 51.
  writer.append(...later(20, 59));
  expect(read(path, 'SELECT id FROM sample')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  writer.append(...later(21, 61));
  expect(read(path, 'SELECT id FROM sample')).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
  expect(read(path, 'SELECT id FROM headline')).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
  expect(read(path, 'SELECT text FROM event')).toEqual([{ text: 'at 10' }]);
  expect(read(path, 'SELECT id FROM session')).toEqual([{ id: 2 }, { id: 3 }]);
  expect([writer.samples, writer.since]).toEqual([3, begin + 10]);
  // The newest chain stays, however old it is.
  writer.append(...later(22, 1000));
  expect(read(path, 'SELECT id FROM sample')).toEqual([{ id: 3 }, { id: 4 }, { id: 5 }]);
});
