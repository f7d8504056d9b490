import { own } from './own.ts';

/** How numbers are written and read. Sizes that are typed are binary: K = 1024, M = 1024², as in QEMU and virsh. */

export type Unit = 'bytes' | 'seconds' | 'ratio' | 'count' | 'percent' | 'bytes_per_second' | 'per_second';

export const KiB = 1024;
export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;

/** What sizes are shown in: powers of 1024, as `free -h` and QEMU have them, or of 1000. */
export const sizeUnits = ['binary', 'decimal'] as const;
export type SizeUnits = (typeof sizeUnits)[number];

interface Scale {
  readonly step: number;
  /** Behind a number in a cell. A bare letter is binary, and decimal ones have a B, so that none is taken for the other. */
  readonly short: readonly string[];
  readonly long: readonly string[];
}

const decimalUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

const scales: Readonly<Record<SizeUnits, Scale>> = {
  binary: {
    step: 1024,
    short: ['B', 'K', 'M', 'G', 'T', 'P', 'E'],
    long: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'],
  },
  decimal: { step: 1000, short: decimalUnits, long: decimalUnits },
};

/**
 * One choice for the process, made when it starts. Plans, findings, policies and panes all write sizes into sentences:
 * handed on to each of them, it would be a parameter of every pure function, though it changes no number that is
 * computed, compared, exported or sent to a guest.
 */
let shown: SizeUnits = 'binary';

/** Sets how all sizes are shown from now on. */
export const showSizesIn = (units: SizeUnits): void => {
  shown = units;
};

/** How sizes are shown. */
export const sizesShownIn = (): SizeUnits => shown;

/** Columns that a size takes at most, unless it is negative. */
export const sizeWidth = (): number => (shown === 'binary' ? 5 : 6);

/** What stands where a number is unknown. */
export const unknown = '–';

/** Three significant digits, two of them behind the point at most. */
const threeDigits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);

/** The number in the unit that leaves it three digits before the point at most, and that unit's place in the scale. */
const scaled = (bytes: number, scale: Scale): { readonly text: string; readonly power: number } => {
  if (bytes < 0) {
    const { text, power } = scaled(-bytes, scale);
    return { text: `-${text}`, power };
  }
  const { step, short } = scale;
  let value = bytes;
  let power = 0;
  // 999.5 would round to the four digits of 1000, so the next unit starts there.
  while (value >= 999.5 && power < short.length - 1) {
    value /= step;
    power += 1;
  }
  return { text: power === 0 ? value.toFixed(0) : threeDigits(value), power };
};

/** Three significant digits, at most `sizeWidth` columns: `0B`, `512K`, `1.95G`, `-20.0M`; in decimal `2.10GB`. */
export const formatBytes = (bytes: number | undefined): string => {
  if (bytes === undefined || !Number.isFinite(bytes)) return unknown;
  const { text, power } = scaled(bytes, scales[shown]);
  return text + scales[shown].short[power];
};

/** `1.95 GiB`, or `2.10 GB`, for sentences and plans. */
export const longBytes = (bytes: number | undefined): string => {
  if (bytes === undefined || !Number.isFinite(bytes)) return unknown;
  const { text, power } = scaled(bytes, scales[shown]);
  return `${text} ${scales[shown].long[power]}`;
};

/** `2M`, `1536K`, `1000B`: exact and binary, as a size is typed; and the name of a page size. */
export const exactBytes = (bytes: number): string => {
  const { short, step } = scales.binary;
  let value = bytes;
  let power = 0;
  while (value >= step && value % step === 0 && power < short.length - 1) {
    value /= step;
    power += 1;
  }
  return `${value}${short[power]}`;
};

/** The same in sentences: `2 MiB`. */
export const longExactBytes = (bytes: number): string =>
  exactBytes(bytes).replace(/[A-Z]$/, letter => ` ${letter === 'B' ? 'B' : `${letter}iB`}`);

const countUnits = [
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
  [1e12, 'T'],
] as const;

/** `0.82`, `4.31`, `210`, `12345`, `124k`, `1.16M`: a count or a rate in at most five columns. */
export const formatCount = (count: number | undefined): string => {
  if (count === undefined || !Number.isFinite(count)) return unknown;
  if (count < 0) return '-' + formatCount(-count);
  if (Number.isInteger(count) && count < 100_000) return String(count);
  if (count < 99_999.5) return threeDigits(count);
  const [size, letter] = countUnits.find(([size]) => count < size * 999.5) ?? [1e12, 'T'];
  return threeDigits(count / size) + letter;
};

/** `4s`, `3m20`, `5h07`, `12d3h`. */
export const formatDuration = (seconds: number | undefined): string => {
  if (seconds === undefined || !Number.isFinite(seconds)) return unknown;
  if (seconds < 0) return '-' + formatDuration(-seconds);
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}`;
  return `${Math.floor(whole / 86_400)}d${Math.floor((whole % 86_400) / 3600)}h`;
};

/** A ratio as a percentage: `0.123` is `12.3%`. */
export const formatRatio = (ratio: number | undefined): string => {
  if (ratio === undefined || !Number.isFinite(ratio)) return unknown;
  const percent = ratio * 100;
  return `${percent.toFixed(Math.abs(percent) < 9.95 ? 1 : 0)}%`;
};

/** `12:01:02`, the local time of day. Not by toTimeString, whose name of the time zone loads a database. */
export const formatClock = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
};

/** Any number in its unit, as a table's cell shows it. */
export const format = (value: number | undefined, unit: Unit): string => {
  if (value === undefined) return unknown;
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytes_per_second':
      return value === 0 ? '0' : formatBytes(value);
    case 'seconds':
      return formatDuration(value);
    case 'ratio':
      return formatRatio(value);
    case 'percent':
      return formatRatio(value / 100);
    case 'count':
    case 'per_second':
      return formatCount(value);
  }
};

const factors: Readonly<Record<string, number>> = { '': 1, b: 1, k: KiB, m: MiB, g: GiB, t: 1024 ** 4, p: 1024 ** 5 };

/** `512M`, `1.5 GiB`, `2g` in bytes; a bare number takes `defaultLetter`. `undefined` when it is not a size. */
export const parseBytes = (text: string, defaultLetter = 'm'): number | undefined => {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*([bkmgtp]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) return undefined;
  const letter = match[2]?.toLowerCase() ?? '';
  const bytes =
    Number(match[1]) * (own(factors, letter === '' && !/b$/i.test(text) ? defaultLetter : letter) ?? Number.NaN);
  return Number.isFinite(bytes) && bytes <= Number.MAX_SAFE_INTEGER ? Math.round(bytes) : undefined;
};

/**
 * A size as an operator types it, against what is there now: `2G`, `+512M`, `-25%`, `80%` (of the maximum), `max`.
 * `±N%` is a part of `current`. `undefined` when it is not a size.
 */
export const parseTarget = (text: string, current: number, maximum: number): number | undefined => {
  const input = text.trim();
  if (/^max(imum)?$/i.test(input)) return maximum;
  const sign = input.startsWith('+') ? 1 : input.startsWith('-') ? -1 : 0;
  const amount = sign === 0 ? input : input.slice(1).trim();
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(amount);
  if (percent) {
    const part = Number(percent[1]) / 100;
    return Math.round(sign === 0 ? maximum * part : current + sign * current * part);
  }
  const bytes = parseBytes(amount);
  if (bytes === undefined) return undefined;
  return sign === 0 ? bytes : current + sign * bytes;
};

const inSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `2`, `0.5`, `500ms`, `10s`, `5m`, `2h`, `1d` in seconds; a bare number is seconds. `undefined` when it is no time. */
export const parseSeconds = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d)?$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (own(inSeconds, match[2] ?? 's') ?? Number.NaN);
};
