import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { inspect } from '../../recording/file.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `host.kvmtop` → `host-2027-01-15.kvmtop`: the file of the day of a moment (wall clock, seconds; local time). */
export const dayFile = (path: string, time: number): string => {
  const date = new Date(time * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}-${day}${extension}`);
};

/** The moment at which a day's file of `path` is complete; undefined for what is none. Seconds. */
const endOfDay = (path: string, name: string): number | undefined => {
  const extension = extname(path);
  const start = `${basename(path, extension)}-`;
  if (!name.startsWith(start) || !name.endsWith(extension)) return undefined;
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(name.slice(start.length, name.length - extension.length));
  if (!day) return undefined;
  const end = new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + 1).getTime() / 1000;
  // So that 2027-02-31 is no day.
  return basename(dayFile(path, end - 3600)) === name ? end : undefined;
};

/** Of `names` in the folder of `path` the days' files that hold nothing of the last `seconds` before `now`. */
export const outlived = (path: string, names: readonly string[], now: number, seconds: number): readonly string[] =>
  names.filter(name => {
    const end = endOfDay(path, name);
    return end !== undefined && end <= now - seconds;
  });

const isRecording = (path: string): boolean => {
  try {
    return inspect(path) === 'recording';
  } catch {
    return false;
  }
};

/**
 * Removes the days' files of `path` that hold nothing of the last `seconds`. Only what is a recording and has such a name.
 * @throws Error when one may not be removed
 */
export const removeOutlived = (path: string, now: number, seconds: number): void => {
  const folder = dirname(path);
  for (const name of outlived(path, readdirSync(folder), now, seconds)) {
    const file = join(folder, name);
    if (!isRecording(file)) continue;
    // The log is there where its recorder was killed.
    for (const end of ['-wal', '-shm', '']) rmSync(file + end, { force: true });
  }
};
