import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openRecording, type Recording } from '../../src/recording/read.ts';
import { DamagedRecording, RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { folder } from './folder.ts';
import { begin, fewSamples, headlinesOf } from './samples.ts';

/** What is read of a file that somebody else may have made, has damaged, or is writing. */

const samples = await fewSamples(40);
const headlines = headlinesOf(samples);
const session = { program: 'kvmtop test', delay: 1 };

/** A recording of the first samples, after these statements. */
const altered = (sql = '', count = 3): string => {
  const path = join(folder(), 'a.kvmtop');
  const writer = openWriter(path, session);
  for (let at = 0; at < count; at++) writer.append(samples[at]!, headlines[at]!);
  writer.close();
  alter(path, sql);
  return path;
};
const alter = (path: string, sql: string): void => {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
};
const descriptorsOf = (path: string): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap(name => {
    // The one of the folder itself has gone by now.
    const to = existsSync(`/proc/self/fd/${name}`) ? readlinkSync(`/proc/self/fd/${name}`) : '';
    return to.startsWith(path) ? [to] : [];
  });
const opened = (path: string): Recording => {
  const recording = openRecording(path);
  onTestFinished(() => recording.close());
  return recording;
};

test('of what an event lacks, or has as something else, nothing is made up', () => {
  const recording = opened(
    altered(`INSERT INTO event (time, kind, subject, text, data) VALUES
      (1, 'action', x'01', x'02', '{'), (2, 'finding', 'host', 'full', NULL), (3, 'policy', 'web-1', 'shrank', '{"by":1}'),
      (4, 'outcome', 'web-1', 'done', '0'), ('soon', 'action', 'a', 'b', '1'), (9e999, 'action', 'a', 'b', '1'),
      (-1, 'action', 'a', 'b', '1')`),
  );
  expect(recording.events(-9e15, 9e15)).toEqual([
    { time: 1, kind: 'action', subject: '', text: '' },
    { time: 2, kind: 'finding', subject: 'host', text: 'full' },
    { time: 3, kind: 'policy', subject: 'web-1', text: 'shrank', data: { by: 1 } },
    { time: 4, kind: 'outcome', subject: 'web-1', text: 'done', data: 0 },
  ]);
});

test('of what a session does not tell, nothing is made up', () => {
  const recording = opened(
    altered(`INSERT INTO session (id) VALUES (2); INSERT INTO session (id, started, ended, program, hostname, kernel, boot, delay, user)
      VALUES (3, 9e999, -1, 1, 2.5, x'00', 0, 'often', x'ff')`),
  );
  expect(recording.sessions.slice(1)).toEqual([
    { id: 2, started: 0 },
    { id: 3, started: 0, program: '1', hostname: '2.5', boot: '0' },
  ]);
});

test.each([
  ['0', 1],
  ['-2', 1],
  ["'often'", 1],
  ['1e-300', 1],
  ['0.1', 0.1],
  ['3600', 3600],
  ['3601', 1],
  ['9e999', 1],
])('samples that are %s s apart by its own words are shown as %d s apart', (told, delay) => {
  expect(opened(altered(`UPDATE session SET delay = ${told}`)).delay).toBe(delay);
});

test('numbers beside a sample that are none, or of no moment, are not told', () => {
  const recording = opened(
    altered(`UPDATE headline SET mem_total = 9e999, mem_free = 'much', mem_available = NULL WHERE id = 1;
      UPDATE headline SET time = 9e999 WHERE id = 2; UPDATE headline SET time = 'soon' WHERE id = 3`),
  );
  const { mem_total: _, mem_free: __, mem_available: ___, ...rest } = headlines[0]!;
  expect(recording.headlines(1, 3)).toEqual([rest, { ...headlines[1], time: 0 }, { ...headlines[2], time: 0 }]);
});

test('an integer that no recorder writes is damage, and the file is let go', () => {
  const path = altered('UPDATE session SET started = 9223372036854775807, pid = 9223372036854775807');
  expect(() => openRecording(path)).toThrow(DamagedRecording);
  expect(() => openRecording(path)).toThrow(/ is damaged \(.*\): replay, dump and report save what can be read/);
  expect(descriptorsOf(path)).toEqual([]);
});

test('a sample that is missing is told with its number, and how to save the others', () => {
  const path = altered('DELETE FROM sample WHERE id = 2');
  const recording = opened(path);
  expect(() => recording.sample(2)).toThrow(RecordingError);
  expect(() => recording.sample(3)).toThrow(
    `${path} is damaged (sample 2 is missing): replay, dump and report save what can be read with --recover`,
  );
  expect(recording.sample(1)).toEqual(samples[0]);
});

test('a sample whose chain has no beginning is missing', () => {
  const recording = opened(altered('UPDATE sample SET key = 0 WHERE id = 1'));
  expect(() => recording.sample(2)).toThrow('is damaged (sample 2 is missing)');
});

test('what a ring has dropped since is told to be gone, and by then it is known what there is', () => {
  const path = altered('', 3);
  const recording = opened(path);
  alter(path, 'DELETE FROM sample WHERE id < 3');
  expect(() => recording.sample(2)).toThrow(new RangeError('there is no sample 2 any more: there are 3 to 3'));
  expect([recording.first, recording.last]).toEqual([3, 3]);
  expect(() => recording.sample(2)).toThrow(new RangeError('there is no sample 2: there are 3 to 3'));
});

test('a table that is gone is told in one line', () => {
  const path = altered();
  const recording = opened(path);
  alter(path, 'DROP TABLE event');
  expect(() => recording.events(0, 1)).toThrow(RecordingError);
  expect(() => recording.events(0, 1)).toThrow(
    /^\S+ failed \(no such table: event\): check the disk, and record elsewhere$/,
  );
});

test('a moment is found among those that there are, before and after them too', () => {
  const recording = opened(altered('', 5));
  expect([-1, 0, 1.5, 4, 99].map(after => recording.find(begin + after))).toEqual([1, 1, 2, 5, 5]);
  // The clock was set back: of two samples of that moment it is the later one.
  const back = opened(altered(`UPDATE headline SET time = ${begin + 1} WHERE id IN (2, 3)`, 5));
  expect(back.find(begin + 1)).toBe(3);
  const none = opened(altered('DELETE FROM sample; DELETE FROM headline'));
  expect([none.first, none.last, none.find(begin)]).toEqual([1, 0, 1]);
});

test('rates end where a session of an unknown boot does', () => {
  const path = altered('UPDATE session SET boot = NULL');
  const writer = openWriter(path, session);
  for (let at = 3; at < 6; at++) writer.append(samples[at]!, headlines[at]!);
  writer.close();
  alter(path, 'UPDATE session SET boot = NULL');
  const recording = opened(path);
  expect([1, 2, 3, 4, 5, 6].map(id => recording.before(id)?.time)).toEqual([
    undefined,
    ...[0, 1, undefined, 3, 4].map(at => (at === undefined ? undefined : samples[at]!.time)),
  ]);
  for (const id of [0, 7]) expect(() => recording.before(id)).toThrow(RangeError);
});

test('the worst of each part of its time', () => {
  const path = altered('', 10);
  alter(
    path,
    `UPDATE headline SET mem_total = 100, mem_available = 50, psi_mem_some_avg10 = 0;
     UPDATE headline SET mem_available = 20, psi_mem_some_avg10 = 0.25 WHERE id = 3;
     UPDATE headline SET mem_available = NULL, psi_mem_some_avg10 = NULL WHERE id > 5;
     UPDATE headline SET mem_available = 7 WHERE id = 10`,
  );
  const recording = opened(path);
  // Nine seconds: the last sample is of the last part.
  expect(recording.worst?.(3)).toEqual([
    { time: begin, mem_total: 100, mem_available: 20, psi_mem_some_avg10: 0.25 },
    { time: begin + 3, mem_total: 100, mem_available: 50, psi_mem_some_avg10: 0 },
    { time: begin + 6, mem_total: 100, mem_available: 7 },
  ]);
  expect(recording.worst?.(18).map(part => part && part.time - begin)).toEqual(
    Array.from({ length: 18 }, (_, part) => (part === 17 ? 9 : part % 2 === 0 ? part / 2 : undefined)),
  );
});

test('of no time at all there is no part, nor where its ends are not known', () => {
  expect(opened(altered('', 1)).worst?.(2)).toEqual([undefined, undefined]);
  for (const id of [1, 3])
    expect(opened(altered(`DELETE FROM headline WHERE id = ${id}`)).worst?.(2)).toEqual([undefined, undefined]);
  expect(opened(altered('UPDATE headline SET time = -time')).worst?.(1)).toEqual([undefined]);
});

test('it is closed once, however often it is asked to', () => {
  const recording = openRecording(altered());
  recording.close();
  recording.close();
});
