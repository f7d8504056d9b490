import { copyFileSync, existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Decoder } from '../../src/recording/decoder.ts';
import { patch } from '../../src/recording/delta/patch.ts';
import { asRecordingError, inspect, openForReading, openForWriting } from '../../src/recording/file.ts';
import { decompress } from '../../src/recording/frame.ts';
import { openRecording } from '../../src/recording/read.ts';
import { DamagedRecording, RecordingError } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import { folder } from './folder.ts';
import { fewSamples, headlinesOf } from './samples.ts';

/** What is wrong with a file is told as that; what is wrong with kvmtop is not. */

const samples = await fewSamples(40);
const headlines = headlinesOf(samples);
const session = { program: 'kvmtop test', delay: 1 };
const record = (path: string): void => {
  const writer = openWriter(path, session);
  for (const [at, sample] of samples.entries()) writer.append(sample, headlines[at]!);
  writer.close();
};

const system = (code: string): Error => Object.assign(new Error(`${code}: no`), { code, syscall: 'open' });
const sqlite = (errcode: number): Error =>
  Object.assign(new Error('it says why\nat length'), { code: 'ERR_SQLITE_ERROR', errcode });

test.each([
  [system('ENOENT'), 'a.kvmtop is not there: check the name of the recording and of its folder'],
  [system('EACCES'), 'a.kvmtop may not be opened: no permission; run kvmtop as its owner'],
  [system('EPERM'), 'a.kvmtop may not be opened: no permission; run kvmtop as its owner'],
  [system('EROFS'), 'a.kvmtop is on a file system that is read-only: record elsewhere'],
  [system('EISDIR'), 'a.kvmtop is a folder: give the name of a file in it'],
  [system('ENOSPC'), 'a.kvmtop is on a full disk: free space, or record elsewhere'],
  [system('EDQUOT'), 'a.kvmtop is on a full disk: free space, or record elsewhere'],
  [system('EIO'), 'a.kvmtop failed (EIO: no): check the disk, and record elsewhere'],
  // Extended codes have the primary one in their lowest byte: https://www.sqlite.org/rescode.html
  [sqlite(5), 'a.kvmtop is in use by another program: try again when that has finished'],
  [sqlite(262), 'a.kvmtop is in use by another program: try again when that has finished'],
  [sqlite(1032), "a.kvmtop can't be opened (it says why): check who owns it and its folder"],
  [sqlite(14), "a.kvmtop can't be opened (it says why): check who owns it and its folder"],
  [sqlite(23), "a.kvmtop can't be opened (it says why): check who owns it and its folder"],
  [sqlite(13), 'a.kvmtop is on a full disk: free space, or record elsewhere'],
  [sqlite(522), 'a.kvmtop failed (it says why): check the disk, and record elsewhere'],
])('%s: %s', (error, told) => {
  const found = asRecordingError('a.kvmtop', error);
  expect(found).toBeInstanceOf(RecordingError);
  expect(found).not.toBeInstanceOf(DamagedRecording);
  expect(found).toMatchObject({ message: told, cause: error });
});

test.each([11, 267, 26])('what SQLite calls corrupt (%d) can be saved', code => {
  const error = sqlite(code);
  const found = asRecordingError('a.kvmtop', error);
  expect(found).toBeInstanceOf(DamagedRecording);
  expect(found).toMatchObject({
    message: 'a.kvmtop is damaged (it says why): replay, dump and report save what can be read with --recover',
    cause: error,
  });
});

test('what is no error of the file is given back as it is', () => {
  for (const bug of [
    new TypeError('x is undefined'),
    new RangeError('stack'),
    new RecordingError('told'),
    'thrown',
    undefined,
  ])
    expect(asRecordingError('a.kvmtop', bug)).toBe(bug);
});

test('a bug is not told as damage of a sample', () => {
  const bug = undefined as unknown as Uint8Array;
  expect(() => decompress(bug)).toThrow(TypeError);
  expect(() => new Decoder().decode({ key: true, data: bug })).toThrow(TypeError);
  expect(() => patch(null, bug)).toThrow(TypeError);
});

test('a delta that looks like a dictionary of zstd is damage', () => {
  const decoder = new Decoder();
  const key = zstdCompressSync(JSON.stringify(samples[0]));
  decoder.decode({ key: true, data: key });
  // Its magic number, in a delta that says nothing else that can be used.
  const looks = Buffer.from([0x37, 0xa4, 0x30, 0xec, 1, 2, 3, 4, 5]);
  expect(() => decompress(key, looks)).toThrow(RecordingError);
});

test('cut off where a page ends, it is not written into, and is read no further than told', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path);
  const { size } = statSync(path);
  truncateSync(path, size - 8192);
  expect(() => openForWriting(path)).toThrow(DamagedRecording);
  expect(() => openForWriting(path)).toThrow(
    `${path} is cut off: replay, dump and report save what can be read with --recover`,
  );
  expect(statSync(path).size).toBe(size - 8192);
  expect(() => openRecording(path)).toThrow(DamagedRecording);
});

test('pages that are still in the log are not missing', () => {
  const there = folder();
  const [path, copy] = [join(there, 'a'), join(there, 'b')];
  const writer = openWriter(path, session);
  for (const [at, sample] of samples.entries()) writer.append(sample, headlines[at]!);
  for (const end of ['', '-wal']) copyFileSync(path + end, copy + end);
  writer.close();
  // The log has all of it, whatever of the file has gone.
  truncateSync(copy, 8192);
  openForWriting(copy).close();
  rmSync(`${copy}-wal`, { force: true });
});

test('what there is nothing in yet', () => {
  const path = join(folder(), 'a.kvmtop');
  writeFileSync(path, '');
  expect(inspect(path)).toBe('empty');
  expect(() => openForReading(path)).toThrow(`${path} is empty: its recorder ended before the first sample`);
  record(path);
  expect(inspect(path)).toBe('recording');
});

test('of less than a head it is said that nothing can be read', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path);
  for (const [length, why] of [
    [99, 'is cut off within its first bytes: nothing of it can be read'],
    [16, 'is cut off within its first bytes: nothing of it can be read'],
  ] as const) {
    truncateSync(path, length);
    expect(() => inspect(path)).toThrow(new DamagedRecording(`${path} ${why}`));
  }
  writeFileSync(path, 'x'.repeat(99));
  expect(() => inspect(path)).toThrow(`${path} is no recording of kvmtop: choose another file`);
});

test('a file that was refused is let go, and nothing is left beside it', () => {
  const path = join(folder(), 'a.kvmtop');
  record(path);
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE headline');
  database.close();
  expect(() => openForReading(path)).toThrow(
    `${path} lacks its table headline: it is damaged, or no recording of kvmtop`,
  );
  expect(readdirSync(join(path, '..'))).toEqual(['a.kvmtop']);
  const open = readdirSync('/proc/self/fd').filter(
    name => existsSync(`/proc/self/fd/${name}`) && statSync(`/proc/self/fd/${name}`).ino === statSync(path).ino,
  );
  expect(open).toEqual([]);
});
