import { MiB, type SizeUnits, sizesShownIn } from '../../units.ts';
import type { Gathered } from './gather.ts';
import { guestLines, type Hue, type Plot } from './plots.ts';

/** What the page's script draws from; JSON in the page. */
export interface PageData {
  /** Seconds that the clocks of the report are ahead of UTC. */
  readonly offset: number;
  /** How sizes are shown. */
  readonly units: SizeUnits;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly plots: Readonly<Record<string, PlotData>>;
  readonly marks: readonly Mark[];
}

export interface PlotData {
  readonly unit: Plot<never>['unit'];
  readonly stacked: boolean;
  /** How far up it reaches at least: bytes, of what is a part of something. */
  readonly top?: number;
  /** All values are multiples of this. */
  readonly scale: number;
  /** Index into `times` of the first value. */
  readonly from: number;
  readonly lines: readonly LineData[];
}

export interface LineData {
  readonly label: string;
  readonly hue: Hue;
  readonly dashed: boolean;
  /** `null` is a gap, and so is all before the first and after the last. */
  readonly values: readonly (number | null)[];
}

/** A moment at which something was done or told. */
export interface Mark {
  readonly time: number;
  readonly kind: 'change' | 'finding' | 'worst';
  /** Untrusted. */
  readonly text: string;
}

/** Marks shown, the newest. */
const mostMarks = 400;

/** As many digits as can be told apart in a plot. */
const digits = 5;

/**
 * Puts a point of nothing before each point that follows a gap, halfway, so that lines end there: `place` gives the new
 * index of a point.
 */
const withGaps = (times: readonly number[], afterGap: ReadonlySet<number>) => {
  const all: number[] = [];
  const places: number[] = [];
  for (const [at, time] of times.entries()) {
    if (afterGap.has(at)) all.push((time + (times[at - 1] ?? time)) / 2);
    places.push(all.push(time) - 1);
  }
  return { times: all, place: (point: number): number => places[point] ?? 0 };
};

type Column = readonly (number | undefined)[];

const lineValues = (
  column: Column,
  from: number,
  place: (point: number) => number,
  scale: number,
): (number | null)[] => {
  const start = place(from);
  const values: (number | null)[] = [];
  for (const [at, value] of column.entries()) {
    const index = place(from + at) - start;
    while (values.length < index) values.push(null);
    values.push(value === undefined ? null : Number((value / scale).toPrecision(digits)));
  }
  return values;
};

const scaleOf = (unit: PlotData['unit']): number => (unit === 'ratio' ? 1 : MiB);

/** Id of a guest's plot in the page. */
export const guestPlotId = (id: string): string => `guest-${id}`;

/** `plotted`: how many guests, of those that moved most. */
export const pageData = (gathered: Gathered, offset: number, plotted: number): PageData => {
  const { times, place } = withGaps(gathered.times, gathered.afterGap);
  const plots = new Map<string, PlotData>();
  const total = gathered.end.ledger?.total;
  for (const { plot, columns } of gathered.host) {
    const scale = scaleOf(plot.unit);
    plots.set(plot.id, {
      unit: plot.unit,
      stacked: plot.stacked ?? false,
      scale,
      ...(plot.id === 'ledger' && total !== undefined ? { top: total } : {}),
      from: 0,
      lines: plot.lines.map(({ label, hue, dashed = false }, at) => ({
        label,
        hue,
        dashed,
        values: lineValues(columns[at] ?? [], 0, place, scale),
      })),
    });
  }
  for (const { id, from, columns } of gathered.guests.slice(0, plotted)) {
    plots.set(guestPlotId(id), {
      unit: 'bytes',
      stacked: false,
      scale: MiB,
      from: place(from),
      lines: guestLines.map(({ label, hue, dashed = false }, at) => ({
        label,
        hue,
        dashed,
        values: lineValues(columns[at] ?? [], from, place, MiB),
      })),
    });
  }
  const marks = gathered.events
    .map(
      ({ time, kind, subject, text }): Mark => ({
        time,
        kind: kind === 'action' || kind === 'outcome' ? 'change' : 'finding',
        text: `${subject}: ${text}`,
      }),
    )
    .slice(-mostMarks);
  const { worst } = gathered;
  const least: Mark[] = worst ? [{ time: worst.time, kind: 'worst', text: 'least available memory' }] : [];
  return { offset, units: sizesShownIn(), times, plots: Object.fromEntries(plots), marks: [...least, ...marks] };
};
