import type { Numbers } from '../../../sample.ts';

/**
 * Parsers of a process's files, on bytes: they run for every guest in every round, and making strings of ever the same
 * words would be most of their cost. Keys of a file come in the same order each time, so KeyNames remembers them; a
 * file with other keys (another kernel, a fixture) is read right all the same, only slower the first time. The Layout of
 * the host's files would not do: it expects that only numbers change, and from guest to guest names and states do too.
 */

interface Key {
  readonly bytes: Buffer;
  readonly text: string;
}

export class KeyNames {
  readonly #keys: Key[] = [];

  /** The word `bytes[from, to)`, expected to be that of line `index`. */
  key(bytes: Uint8Array, from: number, to: number, index: number): string {
    const known = this.#keys[index];
    if (known && known.bytes.length === to - from) {
      let at = 0;
      while (at < known.bytes.length && known.bytes[at] === bytes[from + at]) at += 1;
      if (at === known.bytes.length) return known.text;
    }
    const word = Buffer.from(bytes.subarray(from, to));
    // More lines than any kernel writes are not worth remembering.
    if (index < 256) this.#keys[index] = { bytes: word, text: word.toString('latin1') };
    return word.toString('latin1');
  }
}

const newline = 10;
const space = 32;
const tab = 9;
const colon = 58;
const zero = 48;
const isDigit = (byte: number | undefined): byte is number => byte !== undefined && byte >= zero && byte <= zero + 9;

/**
 * `/proc/PID/status` and `/proc/PID/smaps_rollup`: lines are `Key:  123 kB`, and all of those are kept, in bytes. Lines
 * without the unit are names, ids, masks and lists, no amounts, and are left out; so is what a process calls itself.
 */
export const parseKilobytes = (bytes: Uint8Array, names: KeyNames): Numbers => {
  const numbers: Record<string, number> = {};
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const start = at;
    while (at < bytes.length && bytes[at] !== colon && bytes[at] !== newline) at += 1;
    const end = at;
    if (bytes[at] === colon) at += 1;
    while (bytes[at] === space || bytes[at] === tab) at += 1;
    let value = 0;
    const digits = at;
    for (; isDigit(bytes[at]); at += 1) value = value * 10 + (bytes[at] as number) - zero;
    // ` kB` and the end of the line.
    if (
      at > digits &&
      bytes[at] === space &&
      bytes[at + 1] === 107 &&
      bytes[at + 2] === 66 &&
      (at + 3 === bytes.length || bytes[at + 3] === newline)
    ) {
      numbers[names.key(bytes, start, end, index)] = value * 1024;
    }
    while (at < bytes.length && bytes[at] !== newline) at += 1;
    at += 1;
  }
  return numbers;
};

const unit = Buffer.from(' kB');

/**
 * From where to where a status has the lines that `parseKilobytes` keeps, whole lines: those before and after, with the
 * state and the context switches, change whenever the process runs.
 */
export const amountsIn = (status: Buffer): readonly [from: number, to: number] => {
  const first = status.indexOf(unit);
  if (first < 0) return [0, 0];
  const end = status.indexOf(newline, status.lastIndexOf(unit));
  return [status.lastIndexOf(newline, first) + 1, end < 0 ? status.length : end];
};

/**
 * `/proc/PID/numa_maps`: a line for each mapping, `7f… default file=… N0=12 N1=3 kernelpagesize_kB=4`. Gives the bytes on
 * each node, as `N0`, `N1`, … A file's name can't look like that: the kernel escapes its blanks and equal signs.
 */
export const parseNumaMaps = (text: string): Numbers => {
  const sums: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const size = Number(/ kernelpagesize_kB=(\d{1,9})(?= |$)/.exec(line)?.[1] ?? 0) * 1024;
    if (size === 0) continue;
    for (const [, node = '', pages] of line.matchAll(/ (N\d{1,5})=(\d{1,15})(?= |$)/g))
      sums[node] = (sums[node] ?? 0) + Number(pages) * size;
  }
  return sums;
};

/** `/proc/PID/ksm_stat`: `key 123` and, since Linux 6.12, `key: yes`; yes and no are 1 and 0. Profit may be negative. */
export const parseKsmStat = (text: string): Numbers => {
  const numbers: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const pair = /^(\w+):?\s+(-?\d+|yes|no)$/.exec(line);
    if (pair) numbers[pair[1] ?? ''] = pair[2] === 'yes' ? 1 : pair[2] === 'no' ? 0 : Number(pair[2]);
  }
  return numbers;
};

/** What kvmtop uses of `/proc/PID/stat`. */
export interface ProcessStat {
  /** `R`, `S`, `T` stopped, `Z` gone but not yet waited for, … */
  readonly state: string;
  readonly ppid: number;
  /** Field 22, clock ticks since boot. */
  readonly starttime: number;
  /** `minflt`, `majflt` (counts), `utime`, `stime` (clock ticks), `num_threads`. */
  readonly numbers: Numbers;
}

/**
 * `/proc/PID/stat`: `PID (comm) S …`. `comm` is the process's own choice and may hold spaces and brackets, so fields
 * count from the last `)`. `undefined` when it is not such a line.
 */
export const parseStat = (bytes: Uint8Array): ProcessStat | undefined => {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] !== 41) at -= 1;
  if (at < 0 || bytes[at + 1] !== space) return undefined;
  const state = bytes[at + 2];
  at += 3;
  let [ppid, minflt, majflt, utime, stime, threads] = [0, 0, 0, 0, 0, 0];
  for (let field = 4; field <= 22; field += 1) {
    if (bytes[at] !== space) return undefined;
    at += 1;
    const negative = bytes[at] === 45;
    if (negative) at += 1;
    if (!isDigit(bytes[at])) return undefined;
    let value = 0;
    for (; isDigit(bytes[at]); at += 1) value = value * 10 + (bytes[at] as number) - zero;
    if (field === 4) ppid = value;
    else if (field === 10) minflt = value;
    else if (field === 12) majflt = value;
    else if (field === 14) utime = value;
    else if (field === 15) stime = value;
    else if (field === 20) threads = value;
    else if (field === 22 && state !== undefined && !negative) {
      const numbers = { minflt, majflt, utime, stime, num_threads: threads };
      return { state: String.fromCharCode(state), ppid, starttime: value, numbers };
    }
  }
  return undefined;
};

/** The users that a process is, by its status: `Uid: REAL EFFECTIVE SAVED OF_FILES`. */
export const parseUsers = (status: string): ReadonlySet<number> =>
  new Set([...(/^Uid:\s+([\d\s]+)$/m.exec(status)?.[1] ?? '').matchAll(/\d+/g)].map(([user]) => Number(user)));
