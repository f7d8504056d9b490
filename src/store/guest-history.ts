import { type GuestFieldId, guestFields } from '../fields/guest.ts';
import type { Row } from '../model.ts';
import type { TapeEvent } from '../recording/tape.ts';
import type { GuestId, Sample } from '../sample.ts';
import { missedBetween } from './data.ts';

/** A guest's numbers that are drawn over time, in their order on the screen. */
export const guestGraphed = [
  'guest_used',
  'guest_available',
  'balloon_actual',
  'held',
  'swap',
  'guest_swap_in',
  'guest_major_faults',
  'host_major_faults',
] as const satisfies readonly GuestFieldId[];
export type GuestGraphed = (typeof guestGraphed)[number];

/** What one look tells of the guest: nothing where it was not there. */
export interface GuestPoint {
  /** Of the sample on its tape. */
  readonly id: number;
  /** Wall clock, seconds. */
  readonly time: number;
  /** When the host's counters were read, on its monotonic clock: seconds. */
  readonly steady: number;
  /** When the guest's driver reported, wall clock seconds. */
  readonly reported?: number;
  /** Gauges, and counters since their source began. */
  readonly values: Row<GuestGraphed>;
}

/** What the graphs of one guest are drawn from. */
export interface GuestHistory {
  readonly guest: GuestId;
  /** Oldest first, with their ids. Between two of them there may be looks that were not read. */
  readonly points: readonly GuestPoint[];
  /** Looks between the first and the last point that are not read yet, or are too many to read. */
  readonly unread: number;
  /** Seconds that are kept up to the moment that is shown. */
  readonly kept: number;
  /** What came of changes, oldest first. */
  readonly outcomes: readonly TapeEvent[];
}

/** Seconds that graphs may cover, for zooming. */
const zooms: readonly number[] = [60, 120, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800];
export const defaultZoom = 600;

/** Seconds that graphs cover: what was chosen, or all that is kept where that is less. */
export const shownZoom = (zoom: number, kept: number): number => Math.min(zoom, zooms.find(one => one >= kept) ?? zoom);

/** The zoom after a step closer (−1) or wider (1). */
export const zoomed = (zoom: number, by: 1 | -1, kept: number): number => {
  const shown = shownZoom(zoom, kept);
  return by > 0 && shown >= kept ? zoom : (zooms[zooms.indexOf(shown) + by] ?? zoom);
};

export const pointOf = (id: number, sample: Sample, guest: GuestId): GuestPoint => {
  const found = sample.guests.find(one => one.id === guest);
  const values: Record<string, number> = {};
  if (found) {
    const read = (field: GuestFieldId): number | undefined => guestFields[field].read(found, sample);
    for (const field of guestGraphed) {
      const value = field === 'held' ? (read('held') ?? read('held_most')) : read(field);
      if (value !== undefined && Number.isFinite(value)) values[field] = value;
    }
  }
  const reported = found?.monitor.balloon?.stats?.lastUpdate;
  return {
    id,
    time: sample.time,
    steady: sample.monotonic + (sample.late?.['guest_stat'] ?? 0),
    ...(reported === undefined ? {} : { reported }),
    values,
  };
};

type Values = readonly (number | undefined)[];

/**
 * A counter's rate from one point to the next, by the guest's own clock where it has one. It reports less often than kvmtop looks:
 * until the next report the rate is what it was (`last`).
 */
const rateBetween = (
  before: GuestPoint | undefined,
  point: GuestPoint,
  id: GuestGraphed,
  last: number | undefined,
): number | undefined => {
  const [now, then] = [point.values[id], before?.values[id]];
  if (!before || now === undefined || then === undefined) return undefined;
  const isOwn = 'rate' in guestFields[id];
  const seconds = isOwn ? (point.reported ?? 0) - (before.reported ?? 0) : point.steady - before.steady;
  if (isOwn && seconds === 0) return last;
  return seconds > 0 && now >= then ? (now - then) / seconds : undefined;
};

const valuesOf = (points: readonly GuestPoint[], id: GuestGraphed): Values => {
  if (guestFields[id].kind === 'gauge') return points.map(point => point.values[id]);
  const rates: (number | undefined)[] = [];
  for (const [index, point] of points.entries())
    rates.push(rateBetween(points[index - 1], point, id, rates[index - 1]));
  return rates;
};

/** Whether there is anything to draw of it. */
export const isShaped = (points: readonly GuestPoint[], id: GuestGraphed): boolean =>
  valuesOf(points, id).some(value => value !== undefined && value > 0);

/** The columns of a graph: `count` of them, `step` seconds each, the last one with the moment `to`. */
export interface Columns {
  /** Wall clock, seconds. */
  readonly to: number;
  readonly step: number;
  readonly count: number;
}

/**
 * What a graph shows, a value a column, oldest first: of several looks the highest, and where there are more columns than looks
 * each stands until the next. A gap stays a gap. `delay`: seconds between two looks.
 */
export const columnsOf = (
  points: readonly GuestPoint[],
  id: GuestGraphed,
  { to, step, count }: Columns,
  delay: number,
): Values => {
  const shown: (number | undefined)[] = Array.from({ length: count }, () => undefined);
  const values = valuesOf(points, id);
  // Columns begin at whole multiples of their seconds, so that a graph moves by columns and keeps its shape.
  const first = Math.floor(to / step) - count + 1;
  points.forEach((point, index) => {
    const value = values[index];
    if (value === undefined) return;
    const next = points[index + 1];
    const begin = Math.floor(point.time / step) - first;
    const looks = next ? next.id - point.id : 1;
    const isGap = next && missedBetween(point.time + (looks - 1) * delay, next.time, delay) > 0;
    const end = next && !isGap ? Math.max(begin + 1, Math.floor(next.time / step) - first) : begin + 1;
    for (let column = Math.max(0, begin); column < Math.min(count, end); column++)
      shown[column] = Math.max(value, column === begin ? (shown[column] ?? value) : value);
  });
  return shown;
};
