import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Failure, parseCall, UsageError } from '../../../src/programs/options.ts';
import { recoverTo } from '../../../src/programs/recorded/recover.ts';
import { openRecording } from '../../../src/recording/read.ts';
import { RecordingError } from '../../../src/recording/tape.ts';
import { openWriter } from '../../../src/recording/write.ts';
import { folder } from '../../recording/folder.ts';
import { demoSamples, headlinesOf } from '../../recording/samples.ts';
import { printed } from '../sources.ts';

const samples = await demoSamples(300);
const headlines = headlinesOf(samples);

let bytes: Buffer | undefined;
/** A recording of all of it; made once. */
const record = (): string => {
  const path = join(folder(), 'a.kvmtop');
  if (bytes) {
    writeFileSync(path, bytes);
    return path;
  }
  const writer = openWriter(path, { program: 'kvmtop test', delay: 1 });
  for (const [index, sample] of samples.entries()) writer.append(sample, headlines[index]!);
  writer.close();
  bytes = readFileSync(path);
  return path;
};

const cutOff = (): string => {
  const path = record();
  truncateSync(path, Math.floor((statSync(path).size * 0.7) / 8192) * 8192);
  return path;
};

test('what can be read of a file that was cut off is another recording, and what was saved is told', async () => {
  const path = cutOff();
  const before = readFileSync(path);
  let to = '';
  const told = await printed(async ({ stdout }) => {
    to = await recoverTo(path, stdout);
  });
  expect(to).toBe(`${path}.recovered`);
  expect(readFileSync(path)).toEqual(before);
  const recording = openRecording(to);
  const count = recording.last - recording.first + 1;
  expect(count).toBeGreaterThan(100);
  expect(recording.sample(recording.first)).toEqual(samples[0]);
  recording.close();
  expect(told).toBe(`saved ${count} samples of ${path} to ${to}; none in between is lost\n`);
  // A second time it is not made anew: somebody may work with it.
  await expect(printed(async ({ stdout }) => void (await recoverTo(path, stdout)))).rejects.toThrow(Failure);
  await expect(printed(async ({ stdout }) => void (await recoverTo(path, stdout)))).rejects.toThrow('is there already');
  expect(existsSync(to)).toBe(true);
});

test('nothing is left of a recovery that saved nothing', async () => {
  const path = join(folder(), 'text');
  writeFileSync(path, 'no recording');
  await expect(printed(async ({ stdout }) => void (await recoverTo(path, stdout)))).rejects.toThrow(
    'is no recording of kvmtop',
  );
  const empty = record();
  truncateSync(empty, 8192);
  const why = await printed(async ({ stdout }) => void (await recoverTo(empty, stdout))).catch(error => error);
  expect(why instanceof Failure || why instanceof RecordingError).toBe(true);
  for (const end of ['', '-wal', '-shm'])
    expect([existsSync(`${path}.recovered${end}`), existsSync(`${empty}.recovered${end}`)]).toEqual([false, false]);
});

test('a damaged file that is opened without the flag names it', () => {
  const path = cutOff();
  const read = (): void => {
    const recording = openRecording(path);
    for (let id = recording.first; id <= recording.last; id++) recording.sample(id);
  };
  expect(read).toThrow(/is damaged .*--recover$/);
});

test('the flag goes with commands that read a recording', () => {
  for (const command of ['replay', 'dump', 'report'])
    expect(parseCall([command, 'a.kvmtop', '--recover']).options.recover).toBe(true);
  expect(parseCall(['dump', 'a.kvmtop']).options.recover).toBe(false);
  expect(() => parseCall(['record', 'a.kvmtop', '--recover'])).toThrow(UsageError);
});
