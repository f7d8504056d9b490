import { extreme, type Gap, type Track } from './track.ts';

/** Most points of a line: more than a screen has columns. */
export const mostPoints = 1500;

/** Stretches of time of which each gives its extremes. Up to three samples of each are kept. */
const stretches = mostPoints / 3;

/** Samples more that are kept because guests came or went, so that the short-lived are seen too. */
const mostArrivals = 300;

/**
 * Indices of the samples that a plot of this track shows, in order: all when they are few; else of each stretch of time the
 * one with the least available memory, the longest wait for memory and the most swap moved, beside the ends, the
 * edges of gaps, and the moments at which the number of guests changed.
 */
export const choosePoints = ({ time, columns }: Track, gaps: readonly Gap[]): readonly number[] => {
  const count = time.length;
  if (count <= mostPoints) return Array.from({ length: count }, (_, at) => at);
  const swapped = columns.swap_in.map((bytes, at) => bytes + (columns.swap_out[at] ?? Number.NaN));
  const chosen = new Set([0, count - 1]);
  for (const { index } of gaps) chosen.add(index - 1).add(index);
  let arrivals = 0;
  for (let at = 1; at < count && arrivals < mostArrivals; at++) {
    if (columns.guests[at] === columns.guests[at - 1]) continue;
    chosen.add(at - 1).add(at);
    arrivals += 1;
  }
  // A clock may have been set back, so the first and the last sample need not be the ends.
  const begin = time.reduce((a, b) => Math.min(a, b));
  const length = (time.reduce((a, b) => Math.max(a, b)) - begin) / stretches || 1;
  let from = 0;
  while (from < count) {
    // Samples of a clock that was set back stay in the stretch where it was.
    const end = begin + length * (Math.floor(((time[from] ?? 0) - begin) / length) + 1);
    let to = from + 1;
    while (to < count && (time[to] ?? 0) < end) to += 1;
    const worst = [
      extreme(columns.mem_available, -1, from, to),
      extreme(columns.psi_mem_some_avg10, 1, from, to),
      extreme(swapped, 1, from, to),
    ].filter(at => at !== undefined);
    for (const at of worst.length > 0 ? worst : [from]) chosen.add(at);
    from = to;
  }
  return [...chosen].sort((a, b) => a - b);
};
