import { formatBytes, formatRatio, type Unit } from '../../../units.ts';
import { clock, day, isSameDay } from '../clock.ts';

/** Steps of an axis of bytes: powers of two, so that ticks are whole numbers of K, M and G. */
export const binarySteps: readonly number[] = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Without noughts at the end of a fraction. */
const trim = (text: string): string => text.replace(/(\.\d*?)0+(?=[^\d]|$)/, '$1').replace(/\.(?=[^\d]|$)/, '');

/** As short as it can be: `64G`, not `64.0G`. */
export const tick = (value: number, unit: Unit): string => {
  if (value === 0) return '0';
  if (unit === 'ratio') return trim(formatRatio(value));
  return trim(formatBytes(value)) + (unit === 'bytes_per_second' ? '/s' : '');
};

/** A value as the legend tells it. */
export const told = (value: number | null | undefined, unit: Unit): string => {
  if (value === null || value === undefined) return '–';
  if (unit === 'ratio') return formatRatio(value);
  return formatBytes(value) + (unit === 'bytes_per_second' ? '/s' : '');
};

/** Labels of an axis of times: the time of day, with seconds where ticks are that near, and the day where it is another one. */
export const timeTicks = (splits: readonly number[], step: number, offset: number, isLong: boolean): string[] =>
  splits.map((time, at) => {
    const before = splits[at - 1];
    const isNew = before === undefined ? isLong : !isSameDay(before, time, offset);
    if (step >= 86_400) return day(time, offset);
    return clock(time, offset, step < 60) + (isNew ? `\n${day(time, offset)}` : '');
  });
