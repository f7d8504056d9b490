import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JournalEntry, openJournal } from '../../../src/actions/gate/journal.ts';
import { type JournalWatch, watchJournal } from '../../../src/actions/gate/journal-watch.ts';

let folder: string;
let path: string;
let watch: JournalWatch;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-watch-'));
  path = join(folder, 'journal.ndjson');
});
afterEach(() => {
  watch.close();
  rmSync(folder, { recursive: true });
});

const entry = (summary: string): JournalEntry => ({
  time: '2027-01-15T08:00:00.000Z',
  user: 'ann',
  by: 'do',
  request: { action: 'ksm', words: ['run'] },
  summary,
  steps: [],
  forced: false,
  outcome: 'done',
});
const line = (summary: string): string => `${JSON.stringify(entry(summary))}\n`;
const told = (): string[] => watch.look().map(({ summary }) => summary);

test('only what is new is told, once', async () => {
  writeFileSync(path, line('before'));
  watch = watchJournal(path);
  expect(told()).toEqual([]);
  await openJournal(path).append(entry('first'));
  await openJournal(path).append(entry('second'));
  expect(told()).toEqual(['first', 'second']);
  expect(told()).toEqual([]);
});

test('of two that were written the other way round, as they may be at once, the older one is told first', () => {
  writeFileSync(path, '');
  watch = watchJournal(path);
  const [first, second] = ['08:00:00.001', '08:00:00.002'].map(time => ({
    ...entry(time),
    time: `2027-01-15T${time}Z`,
  }));
  appendFileSync(path, `${JSON.stringify(second)}\n${JSON.stringify(first)}\n`);
  expect(told()).toEqual(['08:00:00.001', '08:00:00.002']);
});

test('a journal that begins later is told from its start', () => {
  watch = watchJournal(path);
  expect(told()).toEqual([]);
  writeFileSync(path, line('first'));
  expect(told()).toEqual(['first']);
});

test('a torn line is waited for, or passed over when another follows', () => {
  watch = watchJournal(path);
  const whole = line('größe');
  const bytes = Buffer.from(whole);
  const half = bytes.indexOf(0xc3) + 1;
  writeFileSync(path, bytes.subarray(0, half));
  expect(told()).toEqual([]);
  appendFileSync(path, bytes.subarray(half));
  expect(told()).toEqual(['größe']);
  appendFileSync(path, '{"time": "2027\n[]\n"x"\n' + line('next'));
  expect(told()).toEqual(['next']);
});

test('what was written before it was moved away is told, then what is in the new one', () => {
  writeFileSync(path, '');
  watch = watchJournal(path);
  appendFileSync(path, line('last of the old'));
  renameSync(path, `${path}.1`);
  expect(told()).toEqual([]);
  writeFileSync(path, line('first of the new'));
  expect(told()).toEqual(['last of the old', 'first of the new']);
});

test('one that was cut short is read from its start', () => {
  writeFileSync(path, line('old') + line('older'));
  watch = watchJournal(path);
  truncateSync(path, 0);
  appendFileSync(path, line('new'));
  expect(told()).toEqual(['new']);
});

test('what has only begun is not told, what ended is', () => {
  watch = watchJournal(path);
  const one = { ...entry('it'), id: '1' };
  writeFileSync(path, [{ ...one, outcome: 'begun' }, one].map(each => `${JSON.stringify(each)}\n`).join(''));
  expect(watch.look().map(({ outcome }) => outcome)).toEqual(['done']);
});

test('of much that was written a MiB is read in a look, the rest in the next ones', () => {
  watch = watchJournal(path);
  const long = 'x'.repeat(600 * 1024);
  writeFileSync(path, line(`${long}1`) + line(`${long}2`) + line('short'));
  expect(told().map(summary => summary.at(-1))).toEqual(['1']);
  expect(told().map(summary => summary.at(-1))).toEqual(['2', 't']);
  // A line that is longer than two looks is none of ours, nor is what is left of it.
  appendFileSync(path, line('x'.repeat(2.5 * 1024 ** 2)) + line('next'));
  expect([told(), told(), told()]).toEqual([[], [], ['next']]);
});

test('one that is not there is waited for, and what is closed reads from its start', () => {
  writeFileSync(path, line('old'));
  watch = watchJournal(path);
  renameSync(path, `${path}.1`);
  expect([told(), told()]).toEqual([[], []]);
  renameSync(`${path}.1`, path);
  expect(told()).toEqual([]);
  watch.close();
  expect(told()).toEqual(['old']);
});

test('a line that had begun when it was cut short is forgotten', () => {
  writeFileSync(path, line('old'));
  watch = watchJournal(path);
  appendFileSync(path, '{"torn"');
  expect(told()).toEqual([]);
  truncateSync(path, 0);
  appendFileSync(path, line('new'));
  expect(told()).toEqual(['new']);
});

test('a folder in its place is nothing', () => {
  watch = watchJournal(folder);
  expect(told()).toEqual([]);
});

test('however it is cut into pieces, all entries are told once and in order', () => {
  watch = watchJournal(path);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), fc.array(fc.nat(300)), (words, cuts) => {
      writeFileSync(path, '', { flag: 'a' });
      const bytes = Buffer.from(words.map(line).join(''));
      const found: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        appendFileSync(path, bytes.subarray(at, at + cut));
        at += cut;
        found.push(...told());
      }
      expect(found).toEqual(words);
    }),
    { numRuns: 50 },
  );
});
