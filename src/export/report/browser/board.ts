import type uPlot from 'uplot';
import type { PageData } from '../page-data.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Board {
  readonly add: (plot: uPlot) => void;
  readonly plots: readonly uPlot[];
  /** The point under a plot's cursor, the last one while there is no cursor; tells the page of it. */
  readonly cursor: (plot: uPlot) => number;
  /** Gives all plots the times that one of them shows now. */
  readonly zoom: (plot: uPlot) => void;
  readonly show: (range: Range) => void;
  readonly reset: () => void;
  /** Moves the cursor of all by so many points. */
  readonly step: (plot: uPlot, points: number) => void;
  /** Shows so much of what is shown now: 0.5 is half of it. */
  readonly scale: (plot: uPlot, factor: number) => void;
}

/** Less is not shown: seconds. */
const shortest = 2;

/** What all plots share: which times are shown, and where the cursor is. */
export const createBoard = (
  { times }: PageData,
  tell: {
    readonly point: (point: number, isUnderCursor: boolean) => void;
    readonly zoomed: (isZoomed: boolean) => void;
  },
): Board => {
  const plots: uPlot[] = [];
  const last = times.length - 1;
  const whole: Range = { min: times[0] ?? 0, max: times[last] ?? 1 };
  let range = whole;

  const show = (wanted: Range): void => {
    if (wanted.min === range.min && wanted.max === range.max) return;
    range = wanted;
    tell.zoomed(range.min > whole.min || range.max < whole.max);
    for (const plot of plots) plot.setScale('x', range);
  };
  const within = (min: number, max: number): Range => {
    const length = Math.min(Math.max(shortest, max - min), whole.max - whole.min);
    const from = Math.min(Math.max(whole.min, min), whole.max - length);
    return { min: from, max: from + length };
  };
  return {
    plots,
    add(plot) {
      plots.push(plot);
      if (range !== whole) plot.setScale('x', range);
    },
    cursor(plot) {
      const { idx, left = -1 } = plot.cursor;
      const isUnderCursor = typeof idx === 'number' && left >= 0;
      const point = isUnderCursor ? idx : last;
      tell.point(point, isUnderCursor);
      return point;
    },
    zoom(plot) {
      const { min, max } = plot.scales['x'] ?? {};
      if (typeof min === 'number' && typeof max === 'number') show({ min, max });
    },
    show: ({ min, max }) => show(within(min, max)),
    reset: () => show(whole),
    step(plot, points) {
      const { idx, left = -1 } = plot.cursor;
      const at = Math.min(last, Math.max(0, (typeof idx === 'number' && left >= 0 ? idx : last) + points));
      for (const other of plots) other.setCursor({ left: other.valToPos(times[at] ?? 0, 'x'), top: 0 });
    },
    scale(plot, factor) {
      const { idx, left = -1 } = plot.cursor;
      const middle = typeof idx === 'number' && left >= 0 ? (times[idx] ?? range.min) : (range.min + range.max) / 2;
      show(within(middle - (middle - range.min) * factor, middle + (range.max - middle) * factor));
    },
  };
};
