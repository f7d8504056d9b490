import { formatClock, parseSeconds } from '../units.ts';

/** What a recording covers: wall clock, seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The end of the year 9999. Beyond it no date has the form that is told and read, and soon there is none at all. */
const endOfDates = Date.UTC(10_000, 0) / 1000;

/** Whether these seconds are a moment that can be told. */
export const isMoment = (seconds: number): boolean => seconds >= 0 && seconds < endOfDates;

/** The groups of `pattern` as numbers, those that are not there as 0. */
const numbersIn = (pattern: RegExp, text: string): readonly number[] | undefined =>
  pattern
    .exec(text)
    ?.slice(1)
    .map(part => Number(part ?? 0));

/** A day and a time of day, here; undefined when there is none such, as on 30 February or at 25:00. */
const local = (year: number, month: number, day: number, hour: number, minute: number, second: number) => {
  const date = new Date(year, month - 1, day, hour, minute, 0);
  // Where clocks go forward an hour is missing: then the hour differs, but the day does not.
  const isReal = date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal && year >= 1970 ? date.getTime() / 1000 + second : undefined;
};

const isoPattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?)?$/;
const zonePattern = /(?<=:\d\d(?:\.\d{1,9})?)(?:Z|([+-])(\d\d):?(\d\d))$/i;

/** With `Z` or an offset that of UTC, else here. */
const parseIso = (text: string): number | undefined => {
  const zone = zonePattern.exec(text);
  const parts = numbersIn(isoPattern, zone ? text.slice(0, zone.index) : text);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const here = local(year, month, day, hour, minute, second);
  if (!zone || here === undefined) return here;
  const [, sign, hours, minutes] = zone;
  const ahead = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60);
  return Date.UTC(year, month - 1, day, hour, minute) / 1000 + second - ahead;
};

/** The last such time of day in the span; where there is none in it, of the days that it touches the one nearest to it. */
const parseClock = (text: string, { from, to }: Span): number | undefined => {
  const parts = numbersIn(/^(\d?\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?$/, text);
  if (!parts) return undefined;
  const [hour = 0, minute = 0, second = 0] = parts;
  let best: { readonly at: number; readonly away: number } | undefined;
  const consider = (near: number, daysBefore = 0): void => {
    const day = new Date(near * 1000);
    // At noon, where no clock is changed, so that the day is the right one.
    const noon = new Date(day.getFullYear(), day.getMonth(), day.getDate() - daysBefore, 12);
    const at = local(noon.getFullYear(), noon.getMonth() + 1, noon.getDate(), hour, minute, second);
    if (at === undefined) return;
    const away = Math.max(0, from - at, at - to);
    if (!best || away < best.away) best = { at, away };
  };
  consider(to);
  if (new Date(from * 1000).toDateString() !== new Date(to * 1000).toDateString()) {
    consider(to, 1);
    consider(from);
  }
  return best?.at;
};

/**
 * A moment of a recording as an operator types it, as wall clock seconds: ISO 8601 (`2027-01-15T08:00:02Z`,
 * `2027-01-15 08:00`; local time where it names no zone), a time of day (`08:00`, `08:00:30`, local time: the last one in
 * the recording) or how long before its end (`-10m`, `-1.5h`). It may be outside of the recording. `undefined` when it is
 * no moment.
 */
export const parseMoment = (text: string, span: Span): number | undefined => {
  const word = text.trim();
  if (!word.startsWith('-')) return parseIso(word) ?? parseClock(word, span);
  const before = parseSeconds(word.slice(1));
  return before === undefined ? undefined : Math.max(0, span.to - before);
};

/** What `parseMoment` takes, for messages. */
export const momentForms = '2027-01-15T08:00, 08:00[:30] or -10m (before its end)';

/** `2027-01-15 08:00:02`, here: a moment as `parseMoment` takes it. */
export const formatMoment = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(seconds)}`;
};
