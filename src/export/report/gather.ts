import { derive, type Model } from '../../model.ts';
import { RecordingError, type Tape, type TapeEvent } from '../../recording/tape.ts';
import { exactBytes } from '../../units.ts';
import { choosePoints } from './choose.ts';
import { createGuestColumns, type GuestTrace } from './guests.ts';
import { hostPlots, type Plot, poolPlot } from './plots.ts';
import { extreme, type Gap, gapsOf, readTrack, type Track } from './track.ts';

/** A plot with the values of its lines, one a point; `undefined` where unknown. */
export interface HostTrace {
  readonly plot: Plot<Model>;
  readonly columns: readonly (readonly (number | undefined)[])[];
}

/** What a stretch of tape holds, as far as a report tells it. */
export interface Gathered {
  readonly track: Track;
  readonly gaps: readonly Gap[];
  /** Moments of the points, ascending. */
  readonly times: readonly number[];
  /** Indices into `times` of the points before which samples are missing. */
  readonly afterGap: ReadonlySet<number>;
  readonly host: readonly HostTrace[];
  /** Those that moved most first. */
  readonly guests: readonly GuestTrace[];
  readonly begin: Model;
  readonly end: Model;
  /** When the least memory was available; absent where that is unknown. */
  readonly worst?: Model;
  readonly events: readonly TapeEvent[];
  /** Samples that should have been points but could not be read. */
  readonly broken: number;
  /** Samples that are no points since the clock was set back. */
  readonly back: number;
}

/** Values of one plot, collected point by point. */
const createColumns = (plot: Plot<Model>, points: number) => {
  const columns = plot.lines.map(() => Array<number | undefined>(points));
  return {
    add(point: number, model: Model) {
      for (const [at, line] of plot.lines.entries()) (columns[at] ?? [])[point] = line.read(model);
    },
    done: (length: number): HostTrace => ({ plot, columns: columns.map(column => [...column.slice(0, length)]) }),
  };
};

/**
 * Walks the samples `first` to `last` of a tape once, and keeps of them what a report needs: at most some 1500 points,
 * whatever is on the tape. Samples that can't be read are passed over and counted. `select` says which guests are told of.
 * @throws RecordingError when not one sample can be read.
 */
export const gather = (
  tape: Tape,
  first: number,
  last: number,
  select: (model: Model) => Model = model => model,
): Gathered => {
  const track = readTrack(tape, first, last);
  const gaps = gapsOf(track.time);
  const chosen = choosePoints(track, gaps);
  const worstAt = extreme(track.columns.mem_available, -1);

  const host = new Map(hostPlots.map(plot => [plot.id, createColumns(plot, chosen.length)]));
  const guests = createGuestColumns();
  const times: number[] = [];
  const afterGap = new Set<number>();
  let begin: Model | undefined;
  let end: Model | undefined;
  let worst: Model | undefined;
  let broken = 0;
  let back = 0;
  let failure: unknown;
  let gap = 0;

  for (const index of chosen) {
    let model: Model;
    try {
      model = select(derive(tape.before(first + index), tape.sample(first + index)));
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      failure = error;
      broken += 1;
      continue;
    }
    if (index === worstAt) worst = model;
    if (model.time <= (times.at(-1) ?? Number.NEGATIVE_INFINITY)) {
      back += 1;
      continue;
    }
    begin ??= model;
    end = model;
    const point = times.push(model.time) - 1;
    while (gap < gaps.length && (gaps[gap]?.index ?? 0) <= index) {
      afterGap.add(point);
      gap += 1;
    }
    for (const { pageSize, node, values } of model.pools) {
      const plot = poolPlot(pageSize, exactBytes(pageSize));
      if (node === undefined && values.total && !host.has(plot.id))
        host.set(plot.id, createColumns(plot, chosen.length));
    }
    for (const columns of host.values()) columns.add(point, model);
    guests.add(point, model);
  }
  if (!begin || !end) throw failure ?? new RecordingError('there are no samples in it: nothing can be told');

  return {
    track,
    gaps,
    times,
    afterGap,
    host: [...host.values()].map(columns => columns.done(times.length)),
    guests: guests.done(times.length),
    begin,
    end,
    ...(worst ? { worst } : {}),
    events: tape.events(track.time[0] ?? begin.time, Math.max(end.time, ...track.time.slice(-1))),
    broken,
    back,
  };
};
