import type { HeadlineId } from '../../recording/headline.ts';
import type { Tape } from '../../recording/tape.ts';

/** The numbers of every sample that a report is told from. */
export const trackIds = [
  'mem_available',
  'swap_in',
  'swap_out',
  'psi_mem_some_avg10',
  'psi_mem_full_avg10',
  'guests',
] as const satisfies readonly HeadlineId[];
export type TrackId = (typeof trackIds)[number];

/** Every sample of a stretch of tape in few columns, 8 bytes a number: a week at one a second is some 30 MB. Unknown is NaN. */
export interface Track {
  /** Id of the first sample. */
  readonly first: number;
  readonly time: Float64Array;
  readonly columns: Readonly<Record<TrackId, Float64Array>>;
}

/** Headlines fetched at a time. */
const page = 4096;

export const readTrack = (tape: Tape, first: number, last: number): Track => {
  const length = Math.max(0, last - first + 1);
  const time = new Float64Array(length).fill(Number.NaN);
  const columns = Object.fromEntries(
    trackIds.map(id => [id, new Float64Array(length).fill(Number.NaN)]),
  ) as unknown as Record<TrackId, Float64Array>;
  for (let from = first; from <= last; from += page) {
    const headlines = tape.headlines(from, Math.min(last, from + page - 1));
    for (const [at, headline] of headlines.entries()) {
      time[from - first + at] = headline.time;
      for (const id of trackIds) columns[id][from - first + at] = headline[id] ?? Number.NaN;
    }
  }
  return { first, time, columns };
};

/** Index of the greatest value (of the least with `sign` -1) in a part of a column; `undefined` where all is unknown. */
export const extreme = (column: Float64Array, sign: 1 | -1, from = 0, to = column.length): number | undefined => {
  let best: number | undefined;
  for (let at = from; at < to; at++) {
    const value = column[at] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (best === undefined || sign * value > sign * (column[best] ?? 0)) best = at;
  }
  return best;
};

/** A time without samples: from the last one before to the first one after. Seconds. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** Index of the sample after it. */
  readonly index: number;
}

/** Pauses on either side that tell how long one usually is there. */
const neighbours = 8;
/** A pause is a gap from so many times the usual one … */
const usually = 3;
/** … and so many seconds more, since a busy host may be late. */
const lateness = 2;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Where samples are missing. What is usual is judged nearby: sessions with another delay may follow each other. */
export const gapsOf = (time: Float64Array): readonly Gap[] => {
  const gaps: Gap[] = [];
  const pause = (at: number): number => (time[at] ?? Number.NaN) - (time[at - 1] ?? Number.NaN);
  // A clock that was set back and then right again leaves no gap.
  let latest = time[0] ?? Number.NaN;
  for (let at = 1; at < time.length; at++) {
    const silence = (time[at] ?? Number.NaN) - latest;
    latest = Math.max(latest, time[at] ?? latest);
    // Most pauses are short of the least that could be a gap.
    if (!(silence > lateness)) continue;
    const near: number[] = [];
    for (let other = Math.max(1, at - neighbours); other <= Math.min(time.length - 1, at + neighbours); other++)
      if (other !== at && pause(other) >= 0) near.push(pause(other));
    if (near.length > 0 && silence > usually * median(near) + lateness)
      gaps.push({ from: latest - silence, to: latest, index: at });
  }
  return gaps;
};

/** What a rate has moved altogether, in its unit times seconds; `undefined` where it was never known. */
export const moved = ({ time, columns }: Track, id: 'swap_in' | 'swap_out'): number | undefined => {
  let sum: number | undefined;
  // The first sample's rate is over a time before the stretch.
  for (let at = 1; at < time.length; at++) {
    const amount = (columns[id][at] ?? Number.NaN) * ((time[at] ?? 0) - (time[at - 1] ?? 0));
    if (amount >= 0) sum = (sum ?? 0) + amount;
  }
  return sum;
};

/** How long a number was at or above a limit: altogether, and the longest time on end. Seconds; gaps are not counted. */
export interface Spells {
  readonly total: number;
  readonly longest: { readonly from: number; readonly seconds: number };
}

export const spellsAbove = ({ time, columns }: Track, id: TrackId, limit: number, gaps: readonly Gap[]): Spells => {
  const afterGap = new Set(gaps.map(({ index }) => index));
  let total = 0;
  let longest = { from: time[0] ?? 0, seconds: 0 };
  let from: number | undefined;
  for (let at = 0; at < time.length; at++) {
    const now = time[at] ?? 0;
    const isAbove = (columns[id][at] ?? Number.NaN) >= limit;
    if (from === undefined || afterGap.has(at)) {
      from = isAbove ? now : undefined;
      continue;
    }
    total += Math.max(0, now - (time[at - 1] ?? now));
    if (now - from > longest.seconds) longest = { from, seconds: now - from };
    if (!isAbove) from = undefined;
  }
  return { total, longest };
};
