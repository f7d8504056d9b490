import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
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
import { begin, fewSamples, headlinesOf } from './samples.ts';

const samples = await fewSamples(3 * chainLength);
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
  for (let page = 2; page < pages; page += soaking ? 5 : 21) {
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

/** A recording of some samples, after these statements. */
const altered = (sql: string, count: number): string => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, { program: 'kvmtop test', delay: 1 });
  for (let at = 0; at < count; at++) writer.append(samples[at]!, headlines[at]!);
  writer.close();
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
};
const rows = (path: string, sql: string): readonly unknown[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  const found = database
    .prepare(sql)
    .all()
    .map(row => ({ ...row }));
  database.close();
  return found;
};

test('what was saved is one file, numbered from 1, of a ring that had dropped its oldest', () => {
  const path = altered(
    `DELETE FROM sample WHERE id <= ${chainLength}; DELETE FROM headline WHERE id <= ${chainLength}`,
    chainLength + 5,
  );
  const to = `${path}.saved`;
  expect(recover(path, to)).toEqual({ samples: 5, lost: 0 });
  expect(readdirSync(join(path, '..'))).toEqual(['a.kvmtop', 'a.kvmtop.saved']);
  expect(saved(to)).toEqual([0, 1, 2, 3, 4].map(at => chainLength + at));
  expect(rows(to, 'SELECT s.id, key, s.time FROM sample s JOIN headline h ON h.id = s.id AND h.time = s.time')).toEqual(
    [0, 1, 2, 3, 4].map(at => ({ id: at + 1, key: at === 0 ? 1 : 0, time: begin + chainLength + at })),
  );
});

test('rows that lack what every one has are passed over, and a session that was killed ends', () => {
  const path = altered(
    `DROP TABLE event; CREATE TABLE event (id INTEGER PRIMARY KEY, time, kind, subject, text, data);
    INSERT INTO event VALUES (1, 1, 'action', 'host', 'one', NULL), (2, NULL, 'action', 'host', 'two', NULL),
      (5, 3, 'action', 'host', NULL, '{}'), (20000, 4, 'policy', 'host', 'four', '{}');
    UPDATE session SET ended = NULL, started = 5, user = 'ann', page_size = 4096;
    INSERT INTO session (id, started, ended) VALUES (2, 7, 8), (3, NULL, NULL)`,
    3,
  );
  const to = `${path}.saved`;
  expect(recover(path, to)).toEqual({ samples: 3, lost: 0 });
  expect(rows(to, 'SELECT time, kind, subject, text, data FROM event ORDER BY id')).toEqual([
    { time: 1, kind: 'action', subject: 'host', text: 'one', data: null },
    { time: 4, kind: 'policy', subject: 'host', text: 'four', data: '{}' },
  ]);
  expect(rows(to, 'SELECT id, started, ended, user, page_size FROM session')).toEqual([
    { id: 1, started: 5, ended: 5, user: 'ann', page_size: 4096 },
    { id: 2, started: 7, ended: 8, user: null, page_size: null },
    { id: 3, started: null, ended: 0, user: null, page_size: null },
  ]);
});

test('a sample that is no bytes, has an impossible number or lost its headline costs no more than itself', () => {
  const path = altered(
    `UPDATE sample SET data = 'text' WHERE id = 5; UPDATE headline SET mem_total = 9223372036854775807 WHERE id = 2;
    DELETE FROM headline WHERE id = 3`,
    5,
  );
  const to = `${path}.saved`;
  expect(recover(path, to)).toEqual({ samples: 4, lost: 1 });
  expect(saved(to)).toEqual([0, 1, 2, 3]);
  expect(
    rows(to, 'SELECT mem_total FROM headline').map(row => (row as { mem_total: unknown }).mem_total !== null),
  ).toEqual([true, false, false, true]);
});

test('nothing of a recording without samples is saved', () => {
  const path = altered('', 0);
  expect(recover(path, `${path}.saved`)).toEqual({ samples: 0, lost: 0 });
  expect(saved(`${path}.saved`)).toEqual([]);
});

test('a recording that has begun is not added to', () => {
  const path = altered('', 3);
  const other = altered('', 0);
  expect(() => recover(path, other)).toThrow(
    new RecordingError(`${other} is a recording: give the name of a new file`),
  );
  expect(rows(other, 'SELECT id FROM sample')).toEqual([]);
  expect(() => recover(path, join(path, 'nowhere'))).toThrow(RecordingError);
});
